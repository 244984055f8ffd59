"""What the student trains on after a round, and from which weights.

EvoKD: S <- train(S, B), then, when review is due, S <- train(S, sample(H)). Here batch and review
sample are shuffled into one fit. That is our own choice, the paper doesn't say: what comes last
is remembered best, so of two passes in turn the second undoes some of the first, while in one
shuffled pass new and old rows pull at the same time; and it is one warm-up instead of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.results import FitReport, total

if TYPE_CHECKING:
    from student.encoder import Encoder


@dataclass(frozen=True)
class Phase:
    """One fit."""

    rows: tuple[Example, ...]
    epochs: int


@dataclass(frozen=True)
class TrainingPlan:
    """Fits in order, and the weights they begin with."""

    start: Literal["current", "base"]
    phases: tuple[Phase, ...]


def warm_up_plan(config: StudentConfig, seed_rows: Sequence[Example]) -> TrainingPlan:
    """The student's first lesson: the seed shots alone, before round 1."""
    return TrainingPlan("base", _phases((seed_rows, config.warm_up_epochs)))


def training_plan(
    config: StudentConfig,
    *,
    seed_rows: Sequence[Example],
    batch: Sequence[Example],
    review: Sequence[Example] = (),
    history: Sequence[Example] = (),
) -> TrainingPlan:
    """The plan after a round.

    `continue` goes on from the current weights with batch and review sample. `retrain` starts
    from base, repeats the warm-up, then learns seed, history and batch together; the review
    sample is part of the history. Rows given twice (by id) are trained on once an epoch. A round
    without accepted rows and without review plans nothing.

    Args:
        config: For `update`, `epochs`, `warm_up_epochs`.
        seed_rows: The shots.
        batch: Rows accepted in this round.
        review: Rows drawn from the history, none when no review is due.
        history: All rows accepted in earlier rounds.
    """
    if not batch and not review:
        return TrainingPlan("current", ())
    if config.update == "continue":
        return TrainingPlan("current", _phases(([*batch, *review], config.epochs)))
    everything = [*seed_rows, *history, *batch]
    return TrainingPlan(
        "base", _phases((seed_rows, config.warm_up_epochs), (everything, config.epochs))
    )


def run_plan(plan: TrainingPlan, encoder: Encoder, *, seed: int) -> FitReport:
    """Carry a plan out in place; `seed` is the round's. The report sums up the phases."""
    if plan.start == "base":
        encoder.reset()
    return total(
        encoder.fit(phase.rows, seed=seed + number, epochs=phase.epochs)
        for number, phase in enumerate(plan.phases)
    )


def _phases(*lessons: tuple[Sequence[Example], int]) -> tuple[Phase, ...]:
    """Lessons as phases: rows once by id; those that would teach nothing are left out."""
    phases = (
        Phase(tuple({row.id: row for row in rows}.values()), epochs) for rows, epochs in lessons
    )
    return tuple(phase for phase in phases if phase.rows and phase.epochs)
