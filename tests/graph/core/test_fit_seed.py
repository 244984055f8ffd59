"""Common random numbers: arms of a study's seed train by the same ones at the same stage."""

from __future__ import annotations

from graph.core.student_store import fit_seed
from student.encoder.training_plan import TrainingPlan

ANEW, ON = TrainingPlan("base", ()), TrainingPlan("current", ())


def test_what_begins_at_base_has_the_same_seed_in_every_round() -> None:
    assert {fit_seed(3, ANEW, number) for number in range(9)} == {3000}


def test_what_goes_on_has_one_of_its_own_a_round() -> None:
    found = [fit_seed(3, ON, number) for number in range(1, 9)]
    assert len({*found, fit_seed(3, ANEW, 0)}) == 9


def test_seeds_of_a_study_stay_apart() -> None:
    assert fit_seed(1, ON, 999) < fit_seed(2, ANEW, 5)
