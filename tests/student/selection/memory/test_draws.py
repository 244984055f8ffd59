from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from student.selection.memory.draws import proportional, top


def test_top_is_the_highest_first_and_equal_ones_by_chance() -> None:
    assert top([1.0, 3.0, 2.0], 2, Random(1)) == [1, 2]
    assert top([1.0, 3.0], 0, Random(1)) == []
    assert top([], 3, Random(1)) == []
    seconds = Counter(top([0.0, 1.0, 0.0, 0.0], 2, Random(seed))[1] for seed in range(300))
    assert all(60 < seconds[at] < 140 for at in (0, 2, 3))


def test_proportional_draws_follow_the_weights() -> None:
    """First draw: 1/10, 2/10, 3/10, 4/10. Second, after the last row: 1/6, 2/6, 3/6."""
    drawn = [proportional([1.0, 2.0, 3.0, 4.0], 2, Random(seed)) for seed in range(4000)]
    firsts = Counter(first for first, _ in drawn)
    for at in range(4):
        assert firsts[at] / 4000 == pytest.approx((at + 1) / 10, abs=0.025)
    seconds = Counter(second for first, second in drawn if first == 3)
    for at in range(3):
        assert seconds[at] / firsts[3] == pytest.approx((at + 1) / 6, abs=0.04)


@given(st.lists(st.sampled_from([0.0, 0.5, 2.0]), max_size=12), st.integers(-1, 14))
def test_a_weight_of_nothing_is_drawn_last(weights: list[float], n: int) -> None:
    drawn = proportional(weights, n, Random(n))
    assert len({*drawn}) == len(drawn) == min(max(n, 0), len(weights))
    some = sum(weight > 0 for weight in weights)
    assert all(weights[at] > 0 for at in drawn[:some])
