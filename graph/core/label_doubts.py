"""What the auditor makes of each row: whether its label is doubtful, why, and what it weighs.

Two ways to the same answer, by `student.noise.method`. Neither costs a token: both train students.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evokd.config import NoiseAction, NoiseConfig
from evokd.tasks.example import Example
from graph.core.node_context import NodeContext
from student.selection.co_training import DOUBTFUL, CoTraining
from student.selection.confident_learning import suspects

Weights = Mapping[str, float]
"""Row id → factor of its loss; rows that are not in it count as 1."""


@dataclass(frozen=True)
class Doubt:
    """The auditor's word on one row."""

    suspect: bool
    weight: float
    """Factor of its loss, were it to be weighed."""
    likelier: str | None
    """The label that fits better; None where there is none."""
    probabilities: dict[str, float] | None
    """Label → probability, by students that did not believe the row; None: it can't be judged."""
    reason: str


async def doubts(node: NodeContext, rows: Sequence[Example]) -> list[Doubt]:
    """Judge rows by the run's method, one answer a row."""
    run, number = node.run, node.edge.round
    settings = run.config.student.noise
    assert settings is not None
    labels = node.task_format.labels
    if settings.co_trains:
        found = await run.students.co_train(rows, node.seeds, number)
        return co_training_doubts(rows, labels, found)
    said = await run.students.out_of_fold(rows, node.seeds, number, folds=settings.folds)
    return confident_doubts(rows, labels, said, settings)


def confident_doubts(
    rows: Sequence[Example],
    labels: Sequence[str],
    said: npt.NDArray[np.float32],
    settings: NoiseConfig,
) -> list[Doubt]:
    """Out-of-fold probabilities, float32 [rows, labels], read by confident learning.

    Rows of NaN can't be judged: they are no suspects and count in no threshold.
    """
    judged = [at for at, p in enumerate(said) if np.isfinite(p).all()]
    given = np.array([labels.index(rows[at].label) for at in judged], dtype=np.int64)
    found = suspects(given, said[judged], settings.prune)
    made = [Doubt(False, 1.0, None, None, "no other row has its label")] * len(rows)
    for place, at in enumerate(judged):
        p, other, suspect = said[at], int(found.likelier[place]), bool(found.suspect[place])
        usual = found.thresholds[other]
        usually = f"; rows of that label get {usual:.2f}" if np.isfinite(usual) else ""
        made[at] = Doubt(
            suspect,
            settings.weight if suspect else 1.0,
            labels[other],
            _named(labels, p),
            f"students that never saw it give {labels[other]} {p[other]:.2f}{usually}, and"
            f" {rows[at].label} {p[given[place]]:.2f}",
        )
    return made


def co_training_doubts(
    rows: Sequence[Example], labels: Sequence[str], found: CoTraining
) -> list[Doubt]:
    """The weights of co-training: the share of epochs in which either student picked the row."""
    made = []
    for row, weight, p in zip(rows, found.weights, found.probabilities, strict=True):
        top = labels[int(p.argmax())]
        picked = round(weight * found.epochs)
        made.append(
            Doubt(
                weight < DOUBTFUL,
                round(weight, 6),
                None if top == row.label else top,
                _named(labels, p),
                f"its loss was small enough for one of two students in {picked} of"
                f" {found.epochs} epochs",
            )
        )
    return made


def weights_of(
    rows: Sequence[Example], found: Sequence[Doubt], action: NoiseAction
) -> dict[str, float]:
    """Factor of each row's loss, where it is not 1; a row that is dropped has 0."""
    if action == "list":
        return {}
    weights = {
        row.id: doubt.weight if action == "weigh" else float(not doubt.suspect)
        for row, doubt in zip(rows, found, strict=True)
    }
    return {row: weight for row, weight in weights.items() if weight != 1.0}


def left_out(noise: Weights | None) -> frozenset[str]:
    """Rows that the auditor dropped: with weight 0 they would still take a place in a batch."""
    return frozenset(row for row, weight in (noise or {}).items() if weight == 0.0)


def _named(labels: Sequence[str], p: npt.NDArray[np.float32]) -> dict[str, float]:
    return {label: round(float(share), 4) for label, share in zip(labels, p, strict=True)}
