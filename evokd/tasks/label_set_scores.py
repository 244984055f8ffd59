"""Scores of sets of labels: macro and micro F1, whole sets, single decisions, with intervals.

Every (row, label) pair is a decision, yes or no. `accuracy` is the share of rows whose whole set is
right (subset accuracy, the hardest), `hamming` the share of decisions that are (1 − Hamming loss,
which a student that never says yes does well by where labels are rare). See Tsoumakas & Katakis
2007, section 3.3. Of the scores here higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evokd.tasks.intervals import Bounds
from evokd.tasks.label_sets import decode
from evokd.tasks.metrics import ClassScores

Decisions = npt.NDArray[np.bool_]
"""[rows, labels]."""
RESAMPLES = 1000
"""Of the bootstrap; its seed is fixed, so that equal answers have equal intervals."""


class _Counts(NamedTuple):
    """By label: float64 [..., labels]."""

    hits: npt.NDArray[np.float64]
    extra: npt.NDArray[np.float64]
    missed: npt.NDArray[np.float64]


def decisions(answers: Sequence[str], labels: Sequence[str]) -> Decisions:
    """Which labels each answer has.

    Raises:
        ValueError: a name that is none of the labels.
    """
    place = {name: at for at, name in enumerate(labels)}
    found = np.zeros((len(answers), len(labels)), dtype=np.bool_)
    for row, answer in zip(found, answers, strict=True):
        for name in decode(answer):
            if name not in place:
                raise ValueError(f"not in labels: {name!r}")
            row[place[name]] = True
    return found


def set_scores(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> dict[str, float]:
    """`macro_f1`, `micro_f1`, `accuracy`, `hamming`, all in [0, 1].

    Macro-F1 is the mean over the labels that occur in gold or among the predictions, as for
    classes; where none does, both F1 are 0.

    Raises:
        ValueError: no rows, unequal lengths, or a label that is none.
    """
    right, said = _both(gold, predicted, labels)
    one = np.ones((1, len(right)))
    found = _scored(_counted(right, said, one), right == said, one)
    return {name: float(values[0]) for name, values in found.items()}


def set_intervals(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> dict[str, Bounds]:
    """A 95 % interval of each score: percentiles of a bootstrap over rows (Efron 1979).

    Rows are drawn, not decisions, for those of one row hang together. It says how far the score
    would move with other test rows, and nothing of another training.
    """
    right, said = _both(gold, predicted, labels)
    rng = np.random.default_rng(0)
    n = len(right)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float64)
    found = _scored(_counted(right, said, drawn), right == said, drawn)
    ends = {name: np.percentile(values, [2.5, 97.5]) for name, values in found.items()}
    return {name: Bounds(float(low), float(high)) for name, (low, high) in ends.items()}


def set_report(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> dict[str, ClassScores]:
    """Precision, recall, F1 and gold rows of every label, in the order of `labels`."""
    right, said = _both(gold, predicted, labels)
    hits, extra, missed = (part[0] for part in _counted(right, said, np.ones((1, len(right)))))
    columns = _share(hits, hits + extra), _share(hits, hits + missed), _f1(hits, extra, missed)
    support = right.sum(0)
    return {
        name: ClassScores(float(precision), float(recall), float(f1), int(rows))
        for name, precision, recall, f1, rows in zip(labels, *columns, support, strict=True)
    }


def _both(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> tuple[Decisions, Decisions]:
    if not gold or len(gold) != len(predicted):
        raise ValueError(f"expected as many predictions as gold rows, {len(predicted)}/{len(gold)}")
    return decisions(gold, labels), decisions(predicted, labels)


def _counted(right: Decisions, said: Decisions, weights: npt.NDArray[np.float64]) -> _Counts:
    """Hits, extra and missed ones under weights of the rows, [samples, rows]."""
    parts = (right & said, said & ~right, right & ~said)
    return _Counts(*(weights @ part.astype(np.float64) for part in parts))


def _scored(
    counts: _Counts, equal: Decisions, weights: npt.NDArray[np.float64]
) -> dict[str, npt.NDArray[np.float64]]:
    """Each score of every sample, float64 [samples]."""
    met = counts.hits + counts.extra + counts.missed > 0
    total = weights.sum(1)
    macro = _share((_f1(*counts) * met).sum(1), met.sum(1).astype(np.float64))
    micro = _f1(*(part.sum(1) for part in counts))
    return {
        "macro_f1": macro,
        "micro_f1": micro,
        "accuracy": weights @ equal.all(1).astype(np.float64) / total,
        "hamming": weights @ equal.mean(1) / total,
    }


def _f1(
    hits: npt.NDArray[np.float64], extra: npt.NDArray[np.float64], missed: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return _share(2 * hits, 2 * hits + extra + missed)


def _share(
    part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """0 where there is nothing to have a share of."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
