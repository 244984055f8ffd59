"""What the student trains on after a round, and from which weights.

EvoKD: S <- train(S, B), then, when review is due, S <- train(S, sample(H)). Here batch and review
sample are shuffled into one fit. That is our own choice, the paper doesn't say: what comes last
is remembered best, so of two passes in turn the second undoes some of the first, while in one
shuffled pass new and old rows pull at the same time; and it is one warm-up instead of two.

With `student.steps` every method gets the same optimiser steps, warm-up included, however many
rows it has: gains of augmentation vanish under longer training (Piedboeuf & Langlais 2024, arXiv
2402.14895), so a comparison must hold it equal. `retrain` takes them all from base each time, so
every point of a curve is a student of as many steps; `continue` a share by tokens spent, of those
that the warm-up leaves, so that no round's rows go without a step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.results import FitReport, OnStep, total
from student.selection.held_back import taught

if TYPE_CHECKING:
    from student.encoder.encoder import Encoder


Way = Literal["rows", "pairs", "head"]
"""To rows; to pairs of them (`student.contrastive`), with steps of its own where the phase names
none; the last layer alone, which takes no step."""


@dataclass(frozen=True)
class Phase:
    """One fit: by epochs or by steps."""

    rows: tuple[Example, ...]
    epochs: int | None
    steps: int | None = None
    weights: tuple[float, ...] | None = None
    """Factor of each row's loss."""
    soft: tuple[Mapping[str, float] | None, ...] | None = None
    """What each row teaches instead of its label: answer → probability; None: all to the label."""
    way: Way = "rows"
    """What is fitted."""


@dataclass(frozen=True)
class TrainingPlan:
    """Fits in order, and the weights they begin with."""

    start: Literal["current", "base"]
    phases: tuple[Phase, ...]


def warm_up_plan(
    config: StudentConfig, rows: Sequence[Example], *, whole: bool = False
) -> TrainingPlan:
    """The student's first lesson, before round 1: the seed shots.

    Args:
        config: For `warm_up_epochs`, `steps`.
        rows: The shots, and what else is known by then.
        whole: Take all of `steps` here: no round follows, or perhaps none.
    """
    rows = taught(rows, config)
    steps = None
    if config.steps is not None:
        steps = config.steps if whole else _warm_up_steps(config, len(rows))
    if config.contrastive is not None:
        paired = rows if config.warm_up_epochs or steps else ()
        return TrainingPlan("base", _contrastive(paired, rows, steps))
    if steps is None:
        return TrainingPlan("base", _phases((rows, config.warm_up_epochs, None)))
    return TrainingPlan("base", _phases((rows, None, steps)))


def full_plan(config: StudentConfig, rows: Sequence[Example]) -> TrainingPlan:
    """The full-shot reference: by epochs, for equal steps would starve it.

    Fitted to its rows whatever `student.contrastive` says, for it has enough of them.
    """
    return TrainingPlan("base", _phases((rows, config.epochs, None)))


def training_plan(
    config: StudentConfig,
    *,
    seed_rows: Sequence[Example],
    batch: Sequence[Example],
    review: Sequence[Example] = (),
    history: Sequence[Example] = (),
    weights: Mapping[str, float] | None = None,
    soft: Mapping[str, Mapping[str, float]] | None = None,
    due: int = 0,
) -> TrainingPlan:
    """The plan after a round.

    `continue` goes on from the current weights with batch and review sample. `retrain` starts
    from base, repeats the warm-up, then learns seed, history and batch together; the review
    sample is part of the history. Rows given twice (by id) are trained on once an epoch. A round
    without accepted rows and without review plans nothing, unless steps are due. Rows that are
    held back (`student.selection.held_back`) are in no fit.

    With `student.contrastive` each of these fits is one to pairs and then one of the head, which is
    always to all rows: nothing is left of an earlier head. `retrain` needs no warm-up then, and
    `continue` pairs new rows with the shots too, since a batch of one class would only draw
    together.

    Args:
        config: For `update`, `epochs`, `steps`, `warm_up_epochs`, `contrastive`.
        seed_rows: The shots.
        batch: Rows accepted in this round.
        review: Rows drawn from the history, none when no review is due.
        history: All rows accepted in earlier rounds.
        weights: Row id → factor of its loss; rows that are not in it count as 1.
        soft: Row id → distribution over the answers, where rows teach that instead of their labels;
            the others, seed shots among them, teach their labels beside them.
        due: With `steps`: those this round has to take. `retrain` takes all of them or none.
    """
    batch, review, history = (taught(rows, config) for rows in (batch, review, history))
    everything = [*seed_rows, *history, *batch]
    if config.contrastive is not None:
        return _contrastive_plan(config, seed_rows, [*batch, *review], everything, weights, due)
    if config.update == "continue" and config.steps is not None:
        rows = [*batch, *review] or everything
        return TrainingPlan("current", _phases((rows, None, due), weights=weights, soft=soft))
    if not batch and not review and not due:
        return TrainingPlan("current", ())
    if config.update == "continue":
        lesson = ([*batch, *review], config.epochs, None)
        return TrainingPlan("current", _phases(lesson, weights=weights, soft=soft))
    if config.steps is None:
        first: _Lesson = (seed_rows, config.warm_up_epochs, None)
        second: _Lesson = (everything, config.epochs, None)
    else:
        warm = _warm_up_steps(config, len(seed_rows))
        first = (seed_rows, None, warm)
        second = (everything, None, config.steps - warm)
    return TrainingPlan("base", _phases(first, second, weights=weights, soft=soft))


def steps_due(total_steps: int, taken: int, share: float, warm_up: int = 0) -> int:
    """Steps that bring a student to its share of those that the warm-up left.

    Args:
        total_steps: `student.steps`.
        taken: Since the base weights.
        share: Of the budget that is spent, in [0, 1]; 1 in the last round.
        warm_up: Steps of the warm-up. Were they part of the share, the first rounds would have
            none, and their rows would be met by review alone.
    """
    return max(0, warm_up + math.floor((total_steps - warm_up) * min(1.0, share)) - taken)


def run_plan(
    plan: TrainingPlan, encoder: Encoder, *, seed: int, on_step: OnStep | None = None
) -> FitReport:
    """Carry a plan out in place; `seed` is the round's. The report sums up the phases.

    `on_step` hears of every step, counted in each phase from 1.
    """
    if plan.start == "base":
        encoder.reset()
    return total(
        _carry_out(phase, encoder, seed + number, on_step)
        for number, phase in enumerate(plan.phases)
    )


def _carry_out(phase: Phase, encoder: Encoder, seed: int, on_step: OnStep | None) -> FitReport:
    from student.encoder.few_shot import fit_head, learn_pairs  # it brings torch

    if phase.way == "head":
        fit_head(encoder, phase.rows, weights=phase.weights)
        return FitReport()
    if phase.way == "pairs":
        return learn_pairs(
            encoder,
            phase.rows,
            seed=seed,
            steps=phase.steps,
            weights=phase.weights,
            on_step=on_step,
        )
    return encoder.fit(
        phase.rows,
        seed=seed,
        epochs=phase.epochs,
        steps=phase.steps,
        weights=phase.weights,
        soft=phase.soft,
        on_step=on_step,
    )


_Lesson = tuple[Sequence[Example], int | None, int | None]
"""Rows, epochs, steps."""


def _warm_up_steps(config: StudentConfig, rows: int) -> int:
    assert config.steps is not None
    return min(config.steps, config.warm_up_epochs * math.ceil(rows / config.batch_size))


def _contrastive_plan(
    config: StudentConfig,
    seed_rows: Sequence[Example],
    new: Sequence[Example],
    everything: Sequence[Example],
    weights: Mapping[str, float] | None,
    due: int,
) -> TrainingPlan:
    if not new and not due:
        return TrainingPlan("current", ())
    if config.update == "retrain":
        return TrainingPlan("base", _contrastive(everything, everything, config.steps, weights))
    steps = None if config.steps is None else due
    paired = [*seed_rows, *new] if new else everything
    return TrainingPlan("current", _contrastive(paired, everything, steps, weights))


def _contrastive(
    paired: Sequence[Example],
    known: Sequence[Example],
    steps: int | None,
    weights: Mapping[str, float] | None = None,
) -> tuple[Phase, ...]:
    """Pairs of some rows, then the head on all; nothing where no step may be taken."""
    if not paired or steps == 0:
        return ()
    return (
        _phase(paired, steps=steps, weights=weights, way="pairs"),
        _phase(known, weights=weights, way="head"),
    )


def _phases(
    *lessons: _Lesson,
    weights: Mapping[str, float] | None = None,
    soft: Mapping[str, Mapping[str, float]] | None = None,
) -> tuple[Phase, ...]:
    """Lessons as phases; those that would teach nothing are left out."""
    return tuple(
        _phase(rows, epochs, steps, weights, soft)
        for rows, epochs, steps in lessons
        if rows and (epochs or steps)
    )


def _phase(
    given: Sequence[Example],
    epochs: int | None = None,
    steps: int | None = None,
    weights: Mapping[str, float] | None = None,
    soft: Mapping[str, Mapping[str, float]] | None = None,
    way: Way = "rows",
) -> Phase:
    """Each row once by id; without a single soft target one of labels, at any temperature."""
    rows = tuple({row.id: row for row in given}.values())
    factors = None if weights is None else tuple(weights.get(row.id, 1.0) for row in rows)
    told = tuple((soft or {}).get(row.id) for row in rows)
    return Phase(rows, epochs, steps, factors, told if any(told) else None, way)
