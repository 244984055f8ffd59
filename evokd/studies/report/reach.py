"""At how many tokens is a method as good as another one is at its best?

Of both the mean over seeds is taken, a step function; the target is the most that the other's mean
ever has. `at / theirs_at` of one half says: as good for half of the tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from evokd.studies.report.curves import Curve, jumps, step
from evokd.studies.report.stats import MIN_INTERVAL, RESAMPLES, Array, Interval, draws, percentile

_EQUAL = 1e-12


class Reach(NamedTuple):
    """One method against another."""

    n: int
    """Seeds that both have."""
    target: float
    """The other's best mean score."""
    theirs_at: int
    """Billed tokens at which the other first has it."""
    at: int | None
    """Billed tokens at which the method first has it; None: never."""
    ratio: float | None
    """Of the two; None: never, or the other's best was its start."""
    interval: Interval | None
    """95 % of the ratio over resampled seeds, both curves of a seed together; an end may be
    infinite: there the method never gets so far. None from fewer than three seeds."""
    never: float | None
    """Share of the resamples in which it never does."""


def reach(
    mine: Mapping[int, Curve], theirs: Mapping[int, Curve], resamples: int = RESAMPLES
) -> Reach | None:
    """Tokens to the other's best; by seed. None where the two share no seed, or know no score."""
    seeds = sorted(mine.keys() & theirs.keys())
    if not seeds:
        return None
    curves = [*(mine[seed] for seed in seeds), *(theirs[seed] for seed in seeds)]
    grid = jumps(curves, max(curve.end for curve in curves))
    own = np.stack([step(mine[seed], grid) for seed in seeds])
    other = np.stack([step(theirs[seed], grid) for seed in seeds])
    known = ~(np.isnan(own) | np.isnan(other)).any(axis=0)
    grid, own, other = grid[known], own[:, known], other[:, known]
    if not len(grid):
        return None
    at, theirs_at = _first(own.mean(axis=0)[None, :], other.mean(axis=0)[None, :], grid)
    interval = never = None
    if len(seeds) >= MIN_INTERVAL:
        found = draws(len(seeds), resamples)
        counts = np.stack([np.bincount(draw, minlength=len(seeds)) for draw in found]) / len(seeds)
        ends, theirs_ends = _first(counts @ own, counts @ other, grid)
        started = theirs_ends > 0
        if started.any():
            interval = _middle(ends[started] / theirs_ends[started])
        never = float(np.mean(np.isinf(ends)))
    whole = int(theirs_at[0])
    reached = None if np.isinf(at[0]) else int(at[0])
    return Reach(
        n=len(seeds),
        target=float(other.mean(axis=0).max()),
        theirs_at=whole,
        at=reached,
        ratio=None if reached is None or not whole else reached / whole,
        interval=interval,
        never=never,
    )


def _first(own: Array, other: Array, grid: Array) -> tuple[Array, Array]:
    """Per line the grid points where each first has the other's best; infinity: never."""
    best = other.max(axis=1, keepdims=True) - _EQUAL
    there = own >= best
    at = np.where(there.any(axis=1), grid[there.argmax(axis=1)], np.inf)
    return at, grid[(other >= best).argmax(axis=1)]


def _middle(ratios: Array) -> Interval:
    """As `percentile`, of values some of which may be infinite."""
    if np.isfinite(ratios).all():
        return percentile(ratios)
    ordered = np.sort(ratios)
    last = len(ordered) - 1
    return Interval(float(ordered[round(0.025 * last)]), float(ordered[round(0.975 * last)]))
