from __future__ import annotations

import math
import random
from collections import Counter
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.intervals import difference, mcnemar, paired_difference, wilson

ANSWERS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        (18, 50, 24.1, 49.9),
        (41, 50, 69.2, 90.2),
        (1001, 1221, 79.7, 84.0),
        (0, 10, 0.0, 27.8),
        (10, 10, 72.2, 100.0),
    ],
)
def test_published_intervals(right: int, n: int, low: float, high: float) -> None:
    bounds = wilson(right, n)
    assert bounds is not None
    assert [round(100 * edge, 1) for edge in bounds] == [low, high]


@given(st.integers(0, 300), st.integers(1, 300), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_holds_the_shares_that_the_score_test_allows(
    right: int, n: int, level: float
) -> None:
    right = min(right, n)
    bounds = wilson(right, n, level)
    assert bounds is not None and 0 <= bounds.low <= right / n <= bounds.high <= 1
    z = NormalDist().inv_cdf((1 + level) / 2)
    for edge in bounds:
        off = abs(right / n - edge)
        assert off == pytest.approx(z * math.sqrt(edge * (1 - edge) / n), abs=1e-7)


def test_no_questions_no_interval() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("right", "n", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_senseless_counts(right: int, n: int, level: float) -> None:
    with pytest.raises(ValueError, match="expected 0 <= right <= n"):
        wilson(right, n, level)


def test_mcnemar_by_hand() -> None:
    # 1 gained and 5 lost of 6: 2 * (1 + 6) / 64
    first, second = [True, *[False] * 5, True], [False, *[True] * 5, True]
    assert mcnemar(first, second) == pytest.approx((1, 5, 2 * 7 / 64))
    assert mcnemar([True, False], [True, False]) == (0, 0, 1.0)


@given(ANSWERS)
def test_mcnemar_counts_the_splits_at_least_as_uneven(answers: list[tuple[bool, bool]]) -> None:
    first, second = [a for a, _ in answers], [b for _, b in answers]
    told = mcnemar(first, second)
    n = told.gained + told.lost
    uneven = [k for k in range(n + 1) if abs(2 * k - n) >= abs(told.gained - told.lost)]
    assert told.p == pytest.approx(sum(math.comb(n, k) for k in uneven) / 2**n)
    assert mcnemar(second, first).p == told.p


def test_answers_are_paired() -> None:
    with pytest.raises(ValueError, match="shorter"):
        mcnemar([True, False], [True])


def test_thousands_of_questions() -> None:
    assert 0 < mcnemar([True] * 4000 + [False] * 3800, [False] * 4000 + [True] * 3800).p < 0.05


COUNTS = st.tuples(*[st.integers(0, 60)] * 4).filter(any)


@given(COUNTS)
def test_a_paired_difference_holds_what_was_seen(counts: tuple[int, int, int, int]) -> None:
    both, first, second, neither = counts
    seen = (first - second) / sum(counts)
    low, high = paired_difference(*counts)
    assert -1 <= low <= seen <= high <= 1
    turned = paired_difference(both, second, first, neither)
    assert (-turned.high, -turned.low) == pytest.approx((low, high))


def test_pairs_that_go_together_say_more_than_two_samples() -> None:
    alone = difference(60, 100, 50, 100)
    paired = paired_difference(45, 15, 5, 35)
    assert paired.high - paired.low < 0.8 * (alone.high - alone.low)
    assert paired_difference(30, 30, 20, 20) == pytest.approx(difference(60, 100, 50, 100))


def test_it_covers_the_true_difference() -> None:
    """Of 100 questions each: both 50 %, only the first 20 %, only the second 10 %."""
    shares = [0.5, 0.2, 0.1, 0.2]
    draws = random.Random(1)
    covered = 0
    for _ in range(1000):
        seen = Counter(draws.choices(range(4), shares, k=100))
        low, high = paired_difference(*(seen[place] for place in range(4)))
        covered += low <= 0.1 <= high
    assert 930 <= covered <= 975


def test_no_pairs_no_difference() -> None:
    with pytest.raises(ValueError, match="needs questions"):
        paired_difference(0, 0, 0, 0)
