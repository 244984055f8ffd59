"""Rows that are held back: which, and that no fit has one."""

from __future__ import annotations

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.encoder.training_plan import TrainingPlan, training_plan, warm_up_plan
from student.selection.held_back import held_back, taught

CONFIG = StudentConfig(calibration="held_back", held_back=0.25)
ROWS = [Example(f"r{n // 8:03d}-h{n % 8:03d}", f"text {n}", "a") for n in range(400)]
SEEDS = [Example(f"train-{n}", f"seed {n}", "a") for n in range(40)]


def test_the_share_is_kept_and_seeds_are_all_taught() -> None:
    held = held_back(ROWS, CONFIG)
    assert 70 <= len(held) <= 130
    assert taught(ROWS, CONFIG) == [row for row in ROWS if row not in held]
    assert taught(SEEDS, CONFIG) == SEEDS and not held_back(SEEDS, CONFIG)


def test_a_larger_share_holds_the_same_rows_and_more() -> None:
    more = CONFIG.model_copy(update={"held_back": 0.5})
    assert {row.id for row in held_back(ROWS, CONFIG)} < {row.id for row in held_back(ROWS, more)}


def test_nothing_is_held_back_unless_asked_for() -> None:
    for chosen in ("auto", "none", "dev"):
        config = StudentConfig.model_validate({"calibration": chosen})
        assert taught(ROWS, config) == ROWS and held_back(ROWS, config) == []


def test_no_plan_teaches_them() -> None:
    held = {row.id for row in held_back(ROWS, CONFIG)}

    def ids(plan: TrainingPlan) -> set[str]:
        return {row.id for phase in plan.phases for row in phase.rows}

    plans = [warm_up_plan(CONFIG, [*SEEDS, *ROWS])]
    for update in ("continue", "retrain"):
        for steps in (None, 50):
            config = CONFIG.model_copy(update={"update": update, "steps": steps})
            plans.append(
                training_plan(
                    config,
                    seed_rows=SEEDS,
                    batch=ROWS[:100],
                    review=ROWS[100:150],
                    history=ROWS[100:],
                    due=5,
                )
            )
    for plan in plans:
        assert ids(plan) and not ids(plan) & held
