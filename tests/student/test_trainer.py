from __future__ import annotations

from typing import Literal

import pytest

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.encoder import Encoder
from student.results import FitReport, total
from student.trainer import Phase, TrainingPlan, run_plan, training_plan, warm_up_plan
from tests.student.tiny import LABELS


def some(*ids: str) -> tuple[Example, ...]:
    return tuple(Example(name, f"the lid {name}", LABELS[0]) for name in ids)


SEED, BATCH, REVIEW, HISTORY = some("s1", "s2"), some("b1"), some("h2"), some("h1", "h2")


def config(update: Literal["continue", "retrain"]) -> StudentConfig:
    return StudentConfig(update=update, epochs=3, warm_up_epochs=10)


def test_continue_learns_batch_and_review_together() -> None:
    plan = training_plan(
        config("continue"), seed_rows=SEED, batch=BATCH, review=REVIEW, history=HISTORY
    )
    assert plan == TrainingPlan("current", (Phase(some("b1", "h2"), 3),))


def test_retrain_starts_over() -> None:
    plan = training_plan(
        config("retrain"), seed_rows=SEED, batch=BATCH, review=REVIEW, history=HISTORY
    )
    assert plan == TrainingPlan(
        "base", (Phase(SEED, 10), Phase(some("s1", "s2", "h1", "h2", "b1"), 3))
    )


@pytest.mark.parametrize("update", ["continue", "retrain"])
def test_nothing_new_nothing_done(update: Literal["continue", "retrain"]) -> None:
    plan = training_plan(config(update), seed_rows=SEED, batch=(), history=HISTORY)
    assert plan == TrainingPlan("current", ())


def test_rows_count_once() -> None:
    plan = training_plan(config("continue"), seed_rows=SEED, batch=BATCH, review=BATCH)
    assert plan.phases == (Phase(BATCH, 3),)


def test_warm_up() -> None:
    assert warm_up_plan(config("continue"), SEED) == TrainingPlan("base", (Phase(SEED, 10),))
    none = StudentConfig(warm_up_epochs=0)
    assert warm_up_plan(none, SEED) == TrainingPlan("base", ())


def test_retraining_twice_is_the_same_student(config: StudentConfig, rows: list[Example]) -> None:
    retrain = config.model_copy(update={"update": "retrain"})
    plan = training_plan(retrain, seed_rows=rows[:4], batch=rows[4:])
    encoder = Encoder.create(retrain, LABELS, seed=1)
    first = run_plan(plan, encoder, seed=5)
    once = encoder.probabilities(["the lid is lovely"])
    again = run_plan(plan, encoder, seed=5)
    assert (encoder.probabilities(["the lid is lovely"]) == once).all()
    assert (first.steps, first.tokens) == (again.steps, again.tokens) == (20, first.tokens)
    assert first.examples == 4 * retrain.warm_up_epochs + 20 * retrain.epochs


def test_an_empty_plan_changes_nothing(config: StudentConfig) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    before = encoder.probabilities(["the lid"])
    assert run_plan(TrainingPlan("current", ()), encoder, seed=1) == FitReport()
    assert (encoder.probabilities(["the lid"]) == before).all()


def test_total() -> None:
    both = total([FitReport(1, 2, 3, 4, 0.5, 1.0), FitReport(3, 6, 9, 12, 0.25, 1.5)])
    assert both == FitReport(4, 8, 12, 16, 0.3125, 2.5)
    assert total([]) == FitReport()
