from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from evokd.tasks.example import Example
from student.selection.memory.reservoir import Reservoir

ROWS = [Example(f"r{i}", "t", "a") for i in range(12)]


def test_each_row_is_held_as_often_as_the_others() -> None:
    """With probability M / (rows seen) = 4 / 12, whenever it came: 667 of 2,000, sd 21."""
    held: Counter[str] = Counter()
    for seed in range(2000):
        memory = Reservoir(seed=seed, capacity=4)
        for number, row in enumerate(ROWS):
            memory.observe(number, [row])
        held.update(row.id for row in memory.rows)
    assert sum(held.values()) == 4 * 2000
    assert all(held[row.id] == pytest.approx(2000 / 3, abs=85) for row in ROWS)


def test_it_is_algorithm_r() -> None:
    """Written again, plainly, with the same lots."""
    for seed in range(20):
        slots: list[Example] = []
        for n, row in enumerate(ROWS):
            if n < 3:
                slots.append(row)
                continue
            j = Random(f"reservoir/{seed}/{n}").randrange(n + 1)
            if j < 3:
                slots[j] = row
        memory = Reservoir(ROWS, seed=seed, capacity=3)
        assert {*memory.rows} == {*slots}
        assert memory.score(ROWS).tolist() == [float(row in slots) for row in ROWS]


def test_parts_and_repeats_don_t_matter() -> None:
    whole, parts = Reservoir(ROWS, seed=5, capacity=3), Reservoir(seed=5, capacity=3)
    for number in range(0, 12, 2):
        parts.observe(number, ROWS[number : number + 2])
        parts.observe(number, ROWS[: number + 1])  # a row let go doesn't come back
    assert parts.state() == whole.state()
    again = Reservoir.from_state(parts.state())
    new = [Example(f"n{i}", "t", "a") for i in range(9)]
    for memory in (again, parts):
        memory.observe(20, new)
    assert again.rows == parts.rows
    assert again.sample(2, Random(1)) == parts.sample(2, Random(1))


def test_a_buffer_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity: expected 1 or more, got 0"):
        Reservoir(capacity=0)
