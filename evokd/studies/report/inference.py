"""Tests over several data sets, equivalence, and what a number of seeds can find.

Pairs are seeds within a data set; every data set counts alike, however many seeds it has. The test
of a difference flips signs within data sets (Fisher 1935; stratified), so that it assumes nothing
but that under the null a method and the other could have changed places in any pair. Equivalence is
two one-sided t-tests (Schuirmann 1987) on the paired differences, and power is that of the paired
t-test at the sd observed, which the sign-flip test is close to from 6 pairs up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import nct, t

from evokd.studies.report.stats import (
    MIN_INTERVAL,
    MIN_TEST,
    RESAMPLES,
    Interval,
    percentile,
    sign_flip,
)

ALPHA = 0.05
POWER = 0.8
_EQUAL = 1e-12

Strata = Sequence[Sequence[float]]
"""Data set → paired differences, one a seed."""


class Stratified(NamedTuple):
    """A method against another over data sets."""

    strata: int
    """Data sets."""
    n: int
    """Pairs of all of them."""
    difference: float
    """Mean over data sets of the mean difference."""
    interval: Interval | None
    """95 %, seeds resampled within data sets."""
    p: float | None
    """Two-sided, uncorrected; None below `MIN_TEST` pairs."""


def stratified(strata: Strata, resamples: int = RESAMPLES) -> Stratified | None:
    """Compare two methods; None where they share no seed on any data set."""
    known = [list(one) for one in strata if one]
    if not known:
        return None
    n = sum(map(len, known))
    return Stratified(
        strata=len(known),
        n=n,
        difference=_mean(known),
        interval=_interval(known, resamples),
        p=sign_flip(_weighted(known)) if n >= MIN_TEST else None,
    )


def _mean(known: Strata) -> float:
    return float(np.mean([np.mean(one) for one in known]))


def _weighted(known: Strata) -> list[float]:
    """Differences whose sum is the mean over data sets of their means."""
    return [value / (len(one) * len(known)) for one in known for value in one]


def _interval(known: Strata, resamples: int) -> Interval | None:
    n = sum(map(len, known))
    if n < MIN_INTERVAL or min(map(len, known)) < 2:
        return None
    rng, means = np.random.default_rng(n), []
    for one in known:  # one generator: data sets are resampled apart
        places = rng.integers(0, len(one), size=(resamples, len(one)))
        means.append(np.asarray(one, dtype=np.float64)[places].mean(axis=1))
    return percentile(np.mean(means, axis=0))


class Spread(NamedTuple):
    """Of paired differences, within data sets."""

    sd: float
    df: int
    """Pairs minus data sets."""
    error: float
    """Standard error of the mean over data sets."""


def spread_of(strata: Strata) -> Spread | None:
    """Pooled sd within data sets; None where no data set has two seeds."""
    known = [np.asarray(one, dtype=np.float64) for one in strata if one]
    df = sum(len(one) - 1 for one in known)
    if df < 1:
        return None
    squares = sum(float(((one - one.mean()) ** 2).sum()) for one in known)
    sd = math.sqrt(squares / df)
    error = sd * math.sqrt(sum(1 / len(one) for one in known)) / len(known)
    return Spread(sd, df, error)


def equivalence(strata: Strata, margin: float) -> float | None:
    """P of two one-sided t-tests: that the methods differ by `margin` or more.

    Below 0.05 they are equivalent within the margin. None for fewer than 3 pairs.
    """
    spread = spread_of(strata)
    known = [one for one in strata if one]
    if spread is None or sum(map(len, known)) < MIN_INTERVAL:
        return None
    difference = _mean(known)
    if spread.error <= _EQUAL:
        return 0.0 if abs(difference) < margin - _EQUAL else 1.0
    lower = t.sf((difference + margin) / spread.error, spread.df)
    upper = t.cdf((difference - margin) / spread.error, spread.df)
    return float(max(lower, upper))


def detectable(pairs: int, sd: float, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """The smallest true difference that so many pairs find with this power, two-sided.

    None where the sign-flip test can't reach `alpha` at all: below 6 pairs at 0.05.
    """
    if pairs < 2 or 2 / 2**pairs > alpha:
        return None
    if sd <= 0:
        return 0.0
    df, root = pairs - 1, math.sqrt(pairs)
    least = float(t.ppf(1 - alpha / 2, df))

    def short(shift: float) -> float:
        """Power at so many standard errors, less what is asked; beyond the far end it is nil."""
        return float(nct.sf(least, df, shift) + np.nan_to_num(nct.cdf(-least, df, shift))) - power

    return sd * float(brentq(short, 0.0, least + 8)) / root
