from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.example import Example
from student.selection.memory import MEMORIES
from student.selection.schedule import review_due
from tests.student.selection.memory.rows import ROWS

POLICY = st.sampled_from(["balanced", "uniform"])


@given(ROWS, POLICY, st.integers(0, 50), st.integers(0, 99))
def test_a_sample_is_a_subset_without_repeats(
    rows: list[Example], policy: str, k: int, seed: int
) -> None:
    memory = MEMORIES[policy](rows)
    drawn = memory.sample(k, Random(seed))
    assert len(drawn) == min(k, len(rows))
    assert len({row.id for row in drawn}) == len(drawn)
    assert set(drawn) <= set(rows)
    assert drawn == memory.sample(k, Random(seed))
    assert len(memory) == len(rows)


@pytest.mark.parametrize(
    ("policy", "ids"),
    [
        ("uniform", "r10 r19 r22 r20 r2 r11 r29 r26 r24"),
        ("balanced", "r26 r0 r27 r9 r24 r15 r12 r20 r22"),
    ],
)
def test_draws_are_those_of_earlier_versions(policy: str, ids: str) -> None:
    """Recorded from ReviewHistory, before there was more than one memory: old runs resume."""
    rows = [Example(f"r{i}", "t", "abbccccdddd"[i % 11]) for i in range(30)]
    drawn = MEMORIES[policy](rows).sample(9, Random("1/3/review"))
    assert [row.id for row in drawn] == ids.split()


@given(ROWS, st.integers(0, 50), st.integers(0, 99))
def test_balanced_is_as_even_as_the_rows_allow(rows: list[Example], k: int, seed: int) -> None:
    memory = MEMORIES["balanced"](rows)
    best = np.argsort(-memory.score(rows, []))[:k]
    for chosen in (memory.sample(k, Random(seed)), [rows[at] for at in best]):
        drawn, there = Counter(row.label for row in chosen), Counter(row.label for row in rows)
        most = max(drawn.values(), default=0)
        for label in there:
            assert drawn[label] >= most - 1 or drawn[label] == there[label]


@given(ROWS, st.integers(0, 40))
def test_observing_in_parts_or_twice_is_the_same(rows: list[Example], cut: int) -> None:
    memory = MEMORIES["balanced"]()
    for part in (rows[:cut], rows[cut:], rows[:cut]):
        memory.observe(1, part)
    assert memory.rows == tuple(rows)


def test_every_class_gets_the_odd_row() -> None:
    rows = [Example(f"{label}{i}", "t", label) for label in "abc" for i in range(5)]
    memory = MEMORIES["balanced"](rows)
    first = Counter(memory.sample(1, Random(seed))[0].label for seed in range(300))
    assert all(60 < first[label] < 140 for label in "abc")


def test_uniform_follows_the_shares() -> None:
    rows = [Example(str(i), "t", "rare" if i < 10 else "common") for i in range(100)]
    memory = MEMORIES["uniform"](rows)
    rare = sum(row.label == "rare" for s in range(100) for row in memory.sample(20, Random(s)))
    assert 140 < rare < 260


def test_lots_are_a_rows_own_and_even() -> None:
    rows = [Example(str(i), "t", "a") for i in range(1000)]
    lots = MEMORIES["uniform"](seed=1).score(rows, [])
    assert MEMORIES["uniform"](seed=1).score(rows[7:8], [])[0] == lots[7]
    assert not np.array_equal(MEMORIES["uniform"](seed=2).score(rows, []), lots)
    counts, _ = np.histogram(lots, bins=10, range=(0, 1))
    assert (abs(counts - 100) < 40).all()


@pytest.mark.parametrize(("every", "due"), [(1, [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6]), (3, [3, 6])])
def test_review_due(every: int, due: list[int]) -> None:
    assert [number for number in range(1, 7) if review_due(number, every)] == due
