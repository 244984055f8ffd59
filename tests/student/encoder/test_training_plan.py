from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.encoder.training_plan import (
    Phase,
    TrainingPlan,
    full_plan,
    run_plan,
    steps_due,
    training_plan,
    warm_up_plan,
)
from student.results import FitReport, total
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


def by_steps(update: Literal["continue", "retrain"], steps: int) -> StudentConfig:
    return StudentConfig(update=update, epochs=3, warm_up_epochs=10, steps=steps, batch_size=8)


def test_steps_of_retraining_are_the_same_whatever_was_written() -> None:
    for batch in (BATCH, some(*(f"b{i}" for i in range(90)))):
        plan = training_plan(by_steps("retrain", 50), seed_rows=SEED, batch=batch, history=HISTORY)
        assert plan.start == "base"
        # two seed rows are one batch: ten epochs are ten steps
        assert [(phase.epochs, phase.steps) for phase in plan.phases] == [(None, 10), (None, 40)]


def test_a_warm_up_never_takes_more_than_all_steps() -> None:
    plan = training_plan(by_steps("retrain", 6), seed_rows=SEED, batch=BATCH)
    assert plan == TrainingPlan("base", (Phase(SEED, None, 6),))
    assert warm_up_plan(by_steps("retrain", 6), SEED).phases == (Phase(SEED, None, 6),)


def test_a_method_that_writes_nothing_takes_all_steps_in_the_warm_up() -> None:
    alone = warm_up_plan(by_steps("continue", 50), SEED, whole=True)
    assert alone.phases == (Phase(SEED, None, 50),)
    assert warm_up_plan(by_steps("continue", 50), SEED).phases == (Phase(SEED, None, 10),)


def test_steps_of_going_on_are_those_due() -> None:
    settings = by_steps("continue", 50)
    plan = training_plan(settings, seed_rows=SEED, batch=BATCH, review=REVIEW, due=7)
    assert plan == TrainingPlan("current", (Phase(some("b1", "h2"), None, 7),))
    assert training_plan(settings, seed_rows=SEED, batch=BATCH).phases == ()
    # a last round without rows still takes what is due, on all there is
    last = training_plan(settings, seed_rows=SEED, batch=(), history=HISTORY, due=7)
    assert last.phases == (Phase((*SEED, *HISTORY), None, 7),)


def test_retraining_without_rows_takes_all_steps_or_none() -> None:
    settings = by_steps("retrain", 50)
    plan = training_plan(settings, seed_rows=SEED, batch=(), due=40)
    assert plan == TrainingPlan("base", (Phase(SEED, None, 10), Phase(SEED, None, 40)))
    assert training_plan(settings, seed_rows=SEED, batch=()).phases == ()


@given(st.integers(1, 500), st.lists(st.floats(0, 1), max_size=20))
def test_shares_of_steps_add_up(total_steps: int, shares: list[float]) -> None:
    taken = 0
    for share in [*sorted(shares), 1.0]:
        taken += steps_due(total_steps, taken, share)
        assert taken <= total_steps * share
    assert taken == total_steps


@given(st.integers(1, 500), st.integers(0, 500), st.lists(st.floats(0, 1), max_size=20))
def test_shares_are_of_the_steps_that_the_warm_up_leaves(
    total_steps: int, warm_up: int, shares: list[float]
) -> None:
    warm_up = min(warm_up, total_steps)
    taken = warm_up
    for share in [*sorted(shares), 1.0]:
        taken += steps_due(total_steps, taken, share, warm_up)
        assert abs(taken - warm_up - (total_steps - warm_up) * share) < 1
    assert taken == total_steps


def test_the_first_round_has_steps_of_its_own() -> None:
    assert steps_due(150, 40, 8500 / 48000, warm_up=40) == 19
    assert steps_due(150, 40, 8500 / 48000) == 0, "as it was"


def test_weights_go_with_their_rows() -> None:
    plan = training_plan(
        config("retrain"), seed_rows=SEED, batch=BATCH, history=HISTORY, weights={"b1": 0.2}
    )
    warm_up, lesson = plan.phases
    assert warm_up.weights == (1.0, 1.0)
    assert dict(zip([row.id for row in lesson.rows], lesson.weights or (), strict=True)) == {
        **dict.fromkeys(["s1", "s2", "h1", "h2"], 1.0),
        "b1": 0.2,
    }


def test_the_full_shot_reference_goes_by_epochs() -> None:
    plan = full_plan(by_steps("retrain", 5), HISTORY)
    assert plan == TrainingPlan("base", (Phase(HISTORY, 3),))


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
