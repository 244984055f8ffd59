"""The learning curve as a power law: score = a − b · T^(−c), for T billed tokens.

The form is the inverse power law of Figueroa et al. 2012 (Predicting sample size required for
classification performance), POW3 of Viering & Loog (The shape of learning curves, 2103.10948). It
can rise and be flat; it cannot fall, so a curve that does is taken for a flat one.

For a given c the law is linear in a and b, and least squares within their bounds has a closed form:
the fit goes over c alone, so that no start can lead it astray and a thousand curves are fitted at
once. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEEPEST, FLATTEST = 3.0, 0.05
"""Bounds of c: above the first, all is learnt at once; below the second the law is a logarithm,
whose limit no data can tell."""
GRID = 64
"""Values of c tried, each the same factor above the last."""
ZOOMS = 4
"""Times that the single fit looks closer between the neighbours of the best c."""
PARAMETERS = 3


class PowerLaw(NamedTuple):
    """a − b · (T / scale)^(−c)."""

    limit: float
    """a, in [0, 1]: the score after any number of tokens."""
    gap: float
    """What is missing to it at `scale` tokens, at least 0; b = gap · scale^c."""
    rate: float
    """c, in [0.05, 3]; says nothing where the gap is 0."""
    scale: float
    """Tokens of the last point, above 0."""

    def at(self, tokens: float) -> float:
        """The score at so many tokens, which must be above 0."""
        return float(self.limit - self.gap * (tokens / self.scale) ** -self.rate)

    def tokens_to(self, score: float) -> float:
        """Where the law reaches a score; infinity where it never does."""
        short = self.limit - score
        if self.gap <= 0:
            return 0.0 if short >= 0 else float("inf")
        if short <= 0:
            return float("inf")
        with np.errstate(over="ignore"):
            return float(self.scale * np.float64(self.gap / short) ** (1 / self.rate))


class Fits(NamedTuple):
    """The laws of many curves over the same tokens, one an entry."""

    limit: Array
    gap: Array
    rate: Array
    scale: float

    def law(self, number: int) -> PowerLaw:
        """One of them."""
        return PowerLaw(
            float(self.limit[number]), float(self.gap[number]), float(self.rate[number]), self.scale
        )

    def at(self, tokens: float) -> Array:
        """The scores at so many tokens."""
        found: Array = self.limit - self.gap * (tokens / self.scale) ** -self.rate
        return found

    def tokens_to(self, score: float) -> Array:
        """Where each reaches a score; infinity where it never does."""
        return np.asarray([self.law(n).tokens_to(score) for n in range(len(self.limit))])


def fit(tokens: Sequence[float], scores: Sequence[float]) -> PowerLaw:
    """The law of least squares through one curve.

    Args:
        tokens: Above 0, at least two of them different.
        scores: In [0, 1], as many.
    """
    at, curve = np.asarray(tokens, dtype=np.float64), np.asarray([scores], dtype=np.float64)
    rates = _rates(FLATTEST, STEEPEST)
    for _ in range(ZOOMS):
        place = int(np.argmin(_solved(at, curve, rates)[2][0]))
        rates = _rates(rates[max(0, place - 1)], rates[min(GRID - 1, place + 1)])
    return _best(at, curve, rates).law(0)


def fit_many(tokens: Sequence[float], curves: Array) -> Fits:
    """The laws of many curves (curves × points), c to within 4 %."""
    return _best(np.asarray(tokens, dtype=np.float64), curves, _rates(FLATTEST, STEEPEST))


def _rates(low: float, high: float) -> Array:
    return np.geomspace(low, high, GRID)


def _best(tokens: Array, curves: Array, rates: Array) -> Fits:
    limit, gap, errors = _solved(tokens, curves, rates)
    place = np.argmin(errors, axis=1)
    lines = np.arange(len(curves))
    return Fits(limit[lines, place], gap[lines, place], rates[place], float(tokens.max()))


def _solved(tokens: Array, curves: Array, rates: Array) -> tuple[Array, Array, Array]:
    """Limit, gap and sum of squared errors (curves × rates) with 0 <= limit <= 1 and gap >= 0.

    The problem is convex: where the free solution breaks a bound, the best one lies on it.
    """
    x = (tokens / tokens.max()) ** -rates[:, None]
    middle, mean = x.mean(axis=1), curves.mean(axis=1, keepdims=True)
    moved, centred = x - middle[:, None], curves - mean
    xy, xx = centred @ moved.T, np.sum(moved**2, axis=1)
    yy = np.sum(centred**2, axis=1, keepdims=True)
    gap = np.maximum(0.0, -xy / xx)
    limit = mean + gap * middle
    error = yy + 2 * gap * xy + gap**2 * xx
    # with the limit at 1, what is missing to it is gap · x
    missing = 1 - curves
    held = np.maximum(0.0, missing @ x.T / np.sum(x**2, axis=1))
    held_error = (
        np.sum(missing**2, axis=1, keepdims=True)
        - 2 * held * (missing @ x.T)
        + held**2 * np.sum(x**2, axis=1)
    )
    over = limit > 1
    return (
        np.clip(np.where(over, 1.0, limit), 0.0, 1.0),
        np.where(over, held, gap),
        np.where(over, held_error, error),
    )
