"""Intervals that include the test sample: seeds and test rows are resampled together.

Three hundred test rows are a sample as five seeds are. Each resample draws seeds with repetition
and test rows with repetition, the same rows for all methods and seeds, so that what a row adds to
both sides of a comparison cancels. Where a cell has refits its score is their mean.

The score is computed anew from the answers: macro-F1 and accuracy of classes. Where that does not
give the score on record (entities, several labels a text), there is no such interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from evokd.studies.report.comparisons import Comparison, reference, score_of
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import CellResult
from evokd.studies.report.stats import MIN_INTERVAL, Array, Interval, percentile
from evokd.tasks.predictions import FINAL, TestPredictions

RESAMPLES = 2_000
_ROUNDING = 1e-6


class SampledLine(NamedTuple):
    """A line of a family, over seeds and test rows."""

    line: MethodVariant
    n: int
    """Seeds."""
    rows: int
    """Test rows."""
    mean: float
    interval: Interval | None
    """None below 3 seeds."""
    difference: float | None
    """To the reference, on the seeds that both have."""
    difference_interval: Interval | None


def scores(predictions: TestPredictions, weights: Array) -> Array | None:
    """Score of each student for each weighting of the test rows; None for a metric unknown here.

    Args:
        predictions: Of F students on N rows.
        weights: How often each row counts, [N, R].

    Returns:
        [F, R]; refits where there are any, else the run's own last student.
    """
    names = [name for name in predictions.predicted if name != FINAL] or [FINAL]
    if any(name not in predictions.predicted for name in names):
        return None
    said = np.asarray([predictions.predicted[name] for name in names])
    gold = np.asarray(predictions.gold)
    if predictions.metric == "accuracy":
        right: Array = (said == gold).astype(np.float64) @ weights / weights.sum(axis=0)
        return right
    if predictions.metric != "macro_f1":
        return None
    total = np.zeros((len(names), weights.shape[1]))
    classes = np.zeros_like(total)
    for place in range(len(predictions.answers)):
        given, true = (said == place).astype(np.float64), (gold == place).astype(np.float64)
        both = given @ weights + true @ weights
        hit = (given * true) @ weights
        total += np.divide(2 * hit, both, out=np.zeros_like(both), where=both > 0)
        classes += both > 0
    means: Array = total / classes
    return means


def sampled_lines(study: StudyResults, comparison: Comparison) -> list[SampledLine]:
    """All lines of a family whose answers are kept, but for the full-shot reference."""
    kept = {
        line: found
        for line in comparison.lines
        if not line.full and (found := _kept(study, comparison.of(line)))
    }
    rows = {one.rows for found in kept.values() for one in found.values()}
    if len(rows) != 1:
        return []
    number = len(next(iter(rows)))
    rng = np.random.default_rng(number)
    weights = rng.multinomial(number, np.full(number, 1 / number), size=RESAMPLES).T.astype(float)
    over = {line: _over_rows(found, weights) for line, found in kept.items()}
    mine = reference(comparison)
    return [
        _line(line, number, over[line], over.get(mine) if mine not in (None, line) else None)
        for line in over
    ]


def _kept(study: StudyResults, cells: Iterable[CellResult]) -> dict[int, TestPredictions]:
    """Seed → answers, of cells whose score they give."""
    found = {}
    for cell in cells:
        one = study.predictions.get(cell.cell)
        if one is None or cell.seed is None or not one.rows:
            continue
        plain = scores(one, np.ones((len(one.rows), 1)))
        on_record = score_of(cell)
        if plain is None or on_record is None or abs(plain.mean() - on_record) > _ROUNDING:
            continue
        found[cell.seed] = one
    return found


def _over_rows(found: Mapping[int, TestPredictions], weights: Array) -> dict[int, Array]:
    """Seed → [1 + R]: the score on the rows as they are, then on each resample of them."""
    every = np.concatenate([np.ones((len(weights), 1)), weights], axis=1)
    made = {seed: scores(one, every) for seed, one in found.items()}
    return {seed: one.mean(axis=0) for seed, one in made.items() if one is not None}


def _line(
    line: MethodVariant, rows: int, own: Mapping[int, Array], other: Mapping[int, Array] | None
) -> SampledLine:
    mean, interval = _resampled(list(own.values()))
    seeds = [] if other is None else sorted(own.keys() & other.keys())
    difference, around = None, None
    if other is not None and seeds:
        difference, around = _resampled([own[seed] - other[seed] for seed in seeds])
    return SampledLine(line, len(own), rows, mean, interval, difference, around)


def _resampled(by_seed: Sequence[Array]) -> tuple[float, Interval | None]:
    """Mean over seeds, and its interval over resampled seeds and rows."""
    values = np.stack(by_seed)
    mean = float(values[:, 0].mean())
    if len(values) < MIN_INTERVAL:
        return mean, None
    over = values[:, 1:]
    rng = np.random.default_rng(len(values))
    places = rng.integers(0, len(values), size=(over.shape[1], len(values)))
    drawn = over[places, np.arange(over.shape[1])[:, None]]
    return mean, percentile(drawn.mean(axis=1))
