"""The statistics of a study, over seeds: mean ± sd, bootstrap interval, paired test, correlation.

Five seeds are few, and the numbers say so. The interval is the percentile bootstrap of the mean
(Efron & Tibshirani 1993, chapter 13), which is too narrow for so few values: for 5 normal ones it
holds the true mean in about 84 of 100 studies, for 3 in about 75, not in 95. The test is the exact
paired sign-flip test (Fisher 1935), whose smallest two-sided p at n seeds is 2 / 2^n: 0.0625 at 5,
so that no comparison of 5 seeds passes 0.05, and one of 12 needs 9 seeds after Holm's correction.
The paired difference with its interval is what a reader should look at.

Everything random has a fixed seed: the same files give the same tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, permutation_test, rankdata

Array = NDArray[np.float64]

RESAMPLES = 10_000
LEVEL = 0.95
MIN_INTERVAL = 3
"""Fewest seeds that get an interval."""
MIN_TEST = 5
"""Fewest pairs that get a test."""
FLIPS = 100_000
"""Most flips of signs that are counted: all of them to 16 pairs; above, a sample is drawn."""
_EQUAL = 1e-12
"""Means closer than this differ by rounding only."""


class Interval(NamedTuple):
    """95 % interval, in the unit of the values."""

    low: float
    high: float


class Summary(NamedTuple):
    """Scores over seeds; None: too few seeds to say."""

    n: int
    mean: float | None
    sd: float | None
    """Sample standard deviation (n - 1)."""
    interval: Interval | None
    """Of the mean, over seeds."""


class Paired(NamedTuple):
    """A method against another on the seeds that both have."""

    n: int
    difference: float
    """Mean of (method - other)."""
    interval: Interval | None
    """Of the mean difference, over seeds."""
    p: float | None
    """Two-sided, uncorrected; None below `MIN_TEST` pairs."""


class Correlation(NamedTuple):
    """Two columns; a coefficient is None where one of them never changes, or for n < 3."""

    n: int
    pearson: float | None
    spearman: float | None


class Pooled(NamedTuple):
    """Correlation within runs: each run's own means are taken off before the runs are pooled."""

    runs: int
    n: int
    """Points of all runs."""
    pearson: float | None
    pearson_interval: Interval | None
    """Over runs: points of one run are no independent witnesses."""
    spearman: float | None
    spearman_interval: Interval | None


def summarize(values: Sequence[float]) -> Summary:
    """Mean, sd and interval of the values that there are."""
    n = len(values)
    return Summary(
        n=n,
        mean=float(np.mean(values)) if n else None,
        sd=float(np.std(values, ddof=1)) if n > 1 else None,
        interval=bootstrap_mean(values),
    )


def bootstrap_mean(values: Sequence[float], resamples: int = RESAMPLES) -> Interval | None:
    """Percentile interval of the mean; None below `MIN_INTERVAL` values."""
    if len(values) < MIN_INTERVAL:
        return None
    found = bootstrap(
        (values,), np.mean, n_resamples=resamples, confidence_level=LEVEL, method="percentile",
        rng=np.random.default_rng(len(values)),
    )  # fmt: skip
    low, high = sorted(found.confidence_interval)  # of equal values: rounding may swap them
    return Interval(float(low), float(high))


def draws(n: int, resamples: int = RESAMPLES) -> NDArray[np.int64]:
    """Resamples of n things with repetition, by index (resamples × n); the same each time.

    For runs and curves, some of whose resamples have no value: scipy's interval would be NaN.
    """
    return np.random.default_rng(n).integers(0, n, size=(resamples, n))


def percentile(values: Array) -> Interval:
    """The middle 95 % of the values."""
    edge = (1 - LEVEL) / 2
    low, high = np.quantile(values, [edge, 1 - edge])
    return Interval(float(low), float(high))


def paired(values: Mapping[int, float], other: Mapping[int, float]) -> Paired | None:
    """Compare two methods by seed; None where they share no seed.

    Args:
        values: Seed → score of the method.
        other: Seed → score of what it is held against.
    """
    seeds = sorted(values.keys() & other.keys())
    if not seeds:
        return None
    differences = [values[seed] - other[seed] for seed in seeds]
    return Paired(
        n=len(seeds),
        difference=float(np.mean(differences)),
        interval=bootstrap_mean(differences),
        p=sign_flip(differences) if len(seeds) >= MIN_TEST else None,
    )


def sign_flip(differences: Sequence[float]) -> float:
    """Two-sided p of a mean difference of 0: how many flips of signs give a mean as far from 0.

    Exact up to `FLIPS`; above, from random flips, the observed one counted among them.

    Raises:
        ValueError: fewer than two differences.
    """
    data = np.asarray(differences, dtype=np.float64)
    least = abs(data.sum()) - _EQUAL

    def as_far(flipped: Array, axis: int) -> Array:
        return np.where(np.abs(flipped.sum(axis=axis)) >= least, 1.0, 0.0)

    found = permutation_test(
        (data,), as_far, permutation_type="samples", alternative="greater", n_resamples=FLIPS,
        rng=np.random.default_rng(len(data)),
    )  # fmt: skip
    return float(found.pvalue)


def holm(ps: Sequence[float]) -> list[float]:
    """P-values corrected for their number (Holm 1979), in the order given."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    corrected, above = [0.0] * len(ps), 0.0
    for rank, i in enumerate(order):
        above = max(above, min(1.0, (len(ps) - rank) * ps[i]))
        corrected[i] = above
    return corrected


def percent_of(values: Mapping[int, float], full: Mapping[int, float]) -> float | None:
    """Scores in percent of the full-shot ones, by seed; of their mean for a seed without one.

    None where there is nothing to compare, or where a reference is 0.
    """
    if not values or not full:
        return None
    middle = float(np.mean(list(full.values())))
    references = [full.get(seed, middle) for seed in values]
    if min(references) <= 0:
        return None
    return float(np.mean([100 * v / r for v, r in zip(values.values(), references, strict=True)]))


def correlate(x: Sequence[float], y: Sequence[float]) -> Correlation:
    """Pearson's and Spearman's coefficients."""
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return Correlation(len(a), _pearson(a, b), _pearson(rankdata(a), rankdata(b)))


def pooled(runs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Pooled:
    """Correlation within runs; a run of one point says nothing and is left out.

    Ranks are taken within a run, and divided by its number of points, so that long runs do not
    outweigh short ones by their ranks.
    """
    arrays = [(np.asarray(x, float), np.asarray(y, float)) for x, y in runs if len(x) > 1]
    straight = _moments([(x, y) for x, y in arrays])
    ranked = _moments([(rankdata(x) / len(x), rankdata(y) / len(y)) for x, y in arrays])
    return Pooled(
        runs=len(arrays),
        n=sum(len(x) for x, _ in arrays),
        pearson=_from_moments(straight.sum(axis=0)),
        pearson_interval=_over_runs(straight),
        spearman=_from_moments(ranked.sum(axis=0)),
        spearman_interval=_over_runs(ranked),
    )


def _pearson(x: Array, y: Array) -> float | None:
    """From the sums that `pooled` needs anyway; scipy's is NaN for a column that never changes."""
    if len(x) < 3:
        return None
    return _from_moments(_moments([(x, y)])[0])


def _moments(pairs: Sequence[tuple[Array, Array]]) -> Array:
    """Per run the sums of squares and products around its own means: xx, yy, xy (runs × 3)."""
    rows = []
    for x, y in pairs:
        a, b = x - x.mean(), y - y.mean()
        rows.append((a @ a, b @ b, a @ b))
    return np.asarray(rows, dtype=np.float64).reshape(-1, 3)


def _from_moments(sums: Array) -> float | None:
    xx, yy, xy = (float(value) for value in sums)
    if xx <= _EQUAL or yy <= _EQUAL:
        return None
    return float(np.clip(xy / np.sqrt(xx * yy), -1, 1))


def _over_runs(moments: Array) -> Interval | None:
    """Interval of the pooled coefficient over resampled runs."""
    if len(moments) < MIN_INTERVAL:
        return None
    sums = moments[draws(len(moments))].sum(axis=1)
    usable = sums[(sums[:, 0] > _EQUAL) & (sums[:, 1] > _EQUAL)]
    if not len(usable):
        return None
    return percentile(np.clip(usable[:, 2] / np.sqrt(usable[:, 0] * usable[:, 1]), -1, 1))
