"""Texts shared out over calls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.batches import batches, even_parts, slices


@given(st.integers(0, 200), st.integers(1, 16))
def test_parts_are_even_and_near_the_size(total: int, size: int) -> None:
    parts = even_parts(total, size)
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1
    assert max(parts) <= max(1, 1.5 * size)
    assert size == 1 or total < size / 2 or min(parts) >= size / 2
    assert [end - start for start, end in slices(total, size)] == parts


def test_whole_calls_stay_whole() -> None:
    assert even_parts(16, 4) == [4, 4, 4, 4]
    assert even_parts(3, 1) == [1, 1, 1]
    assert even_parts(9, 8) == [9]
    assert even_parts(0, 4) == [0]
    assert batches("abcde", 2) == ["abc", "de"]
    assert batches([], 3) == []
