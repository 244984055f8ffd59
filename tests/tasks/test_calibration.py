"""Measures of calibration, against scikit-learn and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from evokd.tasks.calibration import ReliabilityBin, measure, reliability, verdicts


def logs(*rows: tuple[float, ...]) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(rows, dtype=np.float64))


FOUR = logs((0.9, 0.1), (0.8, 0.2), (0.6, 0.4), (0.3, 0.7))


def test_by_hand() -> None:
    # right, right, wrong, right; a row a bin
    found = measure(FOUR, [0, 0, 1, 1])
    assert found.ece == pytest.approx((0.1 + 0.2 + 0.6 + 0.3) / 4)
    assert found.brier == pytest.approx(2 * (0.01 + 0.04 + 0.36 + 0.09) / 4)
    assert found.nll == pytest.approx(-math.log(0.9 * 0.8 * 0.4 * 0.7) / 4)


def test_two_bins_by_hand() -> None:
    unsure, sure = reliability(FOUR, [0, 0, 1, 1], bins=2)
    assert unsure == pytest.approx(ReliabilityBin(2, 0.65, 0.5))
    assert sure == pytest.approx(ReliabilityBin(2, 0.85, 1.0))
    odd = reliability(np.vstack([FOUR, FOUR[:1]]), [0, 0, 1, 1, 0], bins=2)
    assert [one.rows for one in odd] == [3, 2]


def test_against_scikit_learn() -> None:
    rng = np.random.default_rng(4)
    shares = rng.dirichlet([0.5, 1.0, 2.0], size=300)
    gold = [int(rng.choice(3, p=row)) for row in shares]
    found = measure(np.log(shares), gold)
    assert found.nll == pytest.approx(log_loss(gold, shares, labels=[0, 1, 2]))
    hits = np.eye(3)[gold]
    by_class = sum(brier_score_loss(hits[:, k], shares[:, k]) for k in range(3))
    assert found.brier == pytest.approx(by_class)
    assert 0 < found.ece < 0.1  # drawn from what it says


def test_worst_and_best() -> None:
    assert measure(logs((1, 0), (0, 1)), [0, 1]) == (0.0, 0.0, 0.0)
    worst = measure(logs((1, 0), (0, 1)), [1, 0])
    assert worst[:2] == (1.0, 2.0) and worst.nll == pytest.approx(27.631, abs=1e-3)


def test_choices_that_a_row_lacks() -> None:
    padded = measure(logs((0.7, 0.3, 0), (0.2, 0.3, 0.5)), [0, 2])
    assert padded.nll == pytest.approx(-math.log(0.7 * 0.5) / 2)
    assert padded.brier == pytest.approx((0.18 + 0.04 + 0.09 + 0.25) / 2)


ROWS = st.lists(
    st.tuples(st.sampled_from([0.5, 0.6, 0.75, 0.99]), st.integers(0, 1)), min_size=1, max_size=60
)


@given(ROWS, st.randoms())
def test_order_plays_no_part(rows: list[tuple[float, int]], rng: object) -> None:
    mixed = list(rows)
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    first, second = (
        measure(logs(*((p, 1 - p) for p, _ in part)), [g for _, g in part])
        for part in (rows, mixed)
    )
    assert first == pytest.approx(second, abs=1e-9)
    assert 0 <= first.ece <= 1 and 0 <= first.brier <= 2 and first.nll >= 0


def test_equal_confidence_shares_what_is_right() -> None:
    confidence, right = verdicts(logs((0.8, 0.2), (0.8, 0.2), (0.9, 0.1)), [0, 1, 0])
    assert confidence.tolist() == pytest.approx([0.8, 0.8, 0.9])
    assert right.tolist() == [0.5, 0.5, 1.0]


@pytest.mark.parametrize("gold", [[], [0], [0] * 5])
def test_other_numbers_of_rows_are_refused(gold: list[int]) -> None:
    with pytest.raises(ValueError, match="expected log-probabilities"):
        measure(FOUR, gold)
    with pytest.raises(ValueError, match="at least one"):
        measure(np.empty((0, 2)), [])
