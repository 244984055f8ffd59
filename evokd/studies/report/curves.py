"""Score against billed tokens: step functions, their mean over seeds, and where two of them cross.

At t tokens a run has the score of the last round that it closed at t or before; before its first
round, that of the student that knows the seed shots only. Nothing is interpolated: a student
between two rounds does not exist. After its last round a curve is carried on flat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from evokd.studies.report.stats import LEVEL, MIN_INTERVAL, RESAMPLES, Array, draws

_EQUAL = 1e-12


class Curve(NamedTuple):
    """One run."""

    start: float | None
    """Score at 0 tokens; None: not known before the first round."""
    tokens: tuple[int, ...]
    """Billed tokens at the end of each round, never falling."""
    scores: tuple[float, ...]
    flat: bool = False
    """The method ran out of things to do."""

    @property
    def end(self) -> int:
        """Where the last round closed."""
        return self.tokens[-1] if self.tokens else 0


class Band(NamedTuple):
    """The curves of one method on a common grid; NaN where some seed has no score yet."""

    n: int
    grid: Array
    """Billed tokens, rising."""
    mean: Array
    sd: Array
    """Sample standard deviation; NaN for one seed."""
    flat_from: int | None
    """Where the last of its runs had run out of things to do; None if not all of them did."""


class Crossing(NamedTuple):
    """From where on a method's mean stays at or above another's."""

    n: int
    """Seeds that both have."""
    at: int | None
    """Billed tokens; None: never, to the end of the curves."""
    low: int | None
    """Lower end of the 95 % interval over seeds; None: no interval, or never."""
    high: int | None
    """Upper end; None beside a `low`: the interval is open, it reaches past the end."""
    never: float | None
    """Share of the resamples without a crossing; None for too few seeds."""


def step(curve: Curve, grid: Array) -> Array:
    """Scores at the points of the grid; NaN before the first known one."""
    start = np.nan if curve.start is None else curve.start
    scores = np.asarray([start, *curve.scores], dtype=np.float64)
    closed = np.searchsorted(np.asarray(curve.tokens, dtype=np.float64), grid, side="right")
    return scores[closed]


def band(curves: Sequence[Curve], end: int) -> Band:
    """Mean and sd over seeds at every point up to `end` where one of the curves changes."""
    grid = jumps(curves, end)
    lines = np.stack([step(curve, grid) for curve in curves])
    spread = np.std(lines, axis=0, ddof=1) if len(curves) > 1 else np.full(len(grid), np.nan)
    flat = all(curve.flat for curve in curves)
    return Band(
        n=len(curves),
        grid=grid,
        mean=lines.mean(axis=0),
        sd=spread,
        flat_from=max(curve.end for curve in curves) if flat else None,
    )


def jumps(curves: Sequence[Curve], end: int) -> Array:
    """0, every point where a curve changes, and the end: between them nothing happens."""
    points = {0, end, *(t for curve in curves for t in curve.tokens if t <= end)}
    return np.asarray(sorted(points), dtype=np.float64)


def crossover(
    mine: Mapping[int, Curve], theirs: Mapping[int, Curve], resamples: int = RESAMPLES
) -> Crossing | None:
    """The smallest number of tokens from which `mine` stays at or above `theirs`; by seed.

    The interval resamples seeds, both curves of a seed together. A resample that never crosses
    counts as later than any other, so that an interval without an upper end says so.
    None where the two share no seed.
    """
    seeds = sorted(mine.keys() & theirs.keys())
    if not seeds:
        return None
    curves = [*(mine[seed] for seed in seeds), *(theirs[seed] for seed in seeds)]
    grid = jumps(curves, max(curve.end for curve in curves))
    gaps = np.stack([step(mine[seed], grid) - step(theirs[seed], grid) for seed in seeds])
    known = ~np.isnan(gaps).any(axis=0)
    grid, gaps = grid[known], gaps[:, known]
    if not len(grid):
        return None
    at = float(_from_where(gaps.mean(axis=0)[None, :], grid)[0])
    if len(seeds) < MIN_INTERVAL:
        return Crossing(len(seeds), _tokens(at), None, None, None)
    counts = np.stack(
        [np.bincount(draw, minlength=len(seeds)) for draw in draws(len(seeds), resamples)]
    )
    found = np.sort(_from_where(counts @ gaps / len(seeds), grid))
    low, high = (found[int(edge * (resamples - 1))] for edge in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    never = float(np.mean(np.isinf(found)))
    return Crossing(len(seeds), _tokens(at), _tokens(low), _tokens(high), never)


def _from_where(gaps: Array, grid: Array) -> Array:
    """Per line of gaps the grid point after the last one below 0; infinity when that is the end."""
    below = gaps < -_EQUAL
    after = np.where(below.any(axis=1), below.shape[1] - np.argmax(below[:, ::-1], axis=1), 0)
    return np.append(grid, np.inf)[after]


def _tokens(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None
