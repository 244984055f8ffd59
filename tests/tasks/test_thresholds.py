"""Thresholds of labels: best F1 on dev rows, one half where these are too few."""

from __future__ import annotations

import numpy as np
import pytest

from evokd.tasks.thresholds import HALF, HIGHEST, LEAST_ROWS, LOWEST, fit_thresholds


def test_a_label_whose_probabilities_are_low_is_said_earlier() -> None:
    p = np.array([[0.3]] * 20 + [[0.2]] * 40)
    gold = np.array([[True]] * 20 + [[False]] * 40)
    (found,) = fit_thresholds(p, gold, ["late"])
    assert found == pytest.approx(0.25)


def test_too_few_rows_of_either_side_leave_one_half() -> None:
    few = LEAST_ROWS - 1
    p = np.array([[0.3, 0.8]] * few + [[0.2, 0.7]] * 40)
    gold = np.array([[True, False]] * few + [[False, True]] * 40)
    assert fit_thresholds(p, gold, ["late", "refund"]) == (HALF, HALF)
    assert fit_thresholds(np.empty((0, 1)), np.empty((0, 1)), ["late"]) == (HALF,)


def test_equally_good_thresholds_stay_near_one_half() -> None:
    p = np.array([[0.9]] * 20 + [[0.1]] * 20)
    gold = p > 0.5
    assert fit_thresholds(p, gold, ["late"]) == (HALF,)


def test_a_student_that_knows_nothing_does_not_end_at_always() -> None:
    rng = np.random.default_rng(1)
    p, gold = rng.random((200, 1)) * 0.02, rng.random((200, 1)) < 0.3
    (found,) = fit_thresholds(p, gold, ["late"])
    assert LOWEST <= found <= HIGHEST


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="probabilities"):
        fit_thresholds([[0.1, 0.2]], [[True, False], [True, True]], ["a", "b"])
