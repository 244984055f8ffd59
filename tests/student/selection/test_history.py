from __future__ import annotations

import json
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import Sampling
from evokd.tasks.example import Example
from student.selection.history import ReviewHistory, review_due

ROWS = st.lists(st.sampled_from("abcd"), max_size=40).map(
    lambda labels: [Example(f"r{i}", f"text {i}", label) for i, label in enumerate(labels)]
)
SAMPLING = st.sampled_from(["balanced", "uniform"])


@given(ROWS, SAMPLING, st.integers(0, 50), st.integers(0, 99))
def test_a_sample_is_a_subset_without_repeats(
    rows: list[Example], sampling: Sampling, k: int, seed: int
) -> None:
    history = ReviewHistory(sampling, rows)
    drawn = history.sample(k, Random(seed))
    assert len(drawn) == min(k, len(rows))
    assert len({row.id for row in drawn}) == len(drawn)
    assert set(drawn) <= set(rows)
    assert drawn == history.sample(k, Random(seed))
    assert len(history) == len(rows)


@given(ROWS, st.integers(0, 50), st.integers(0, 99))
def test_balanced_is_as_even_as_the_rows_allow(rows: list[Example], k: int, seed: int) -> None:
    drawn = Counter(row.label for row in ReviewHistory("balanced", rows).sample(k, Random(seed)))
    there = Counter(row.label for row in rows)
    most = max(drawn.values(), default=0)
    for label in there:
        assert drawn[label] >= most - 1 or drawn[label] == there[label]


@given(ROWS, SAMPLING, st.integers(0, 40))
def test_state_survives_json(rows: list[Example], sampling: Sampling, k: int) -> None:
    history = ReviewHistory(sampling, rows)
    again = ReviewHistory.from_state(json.loads(json.dumps(history.state())))
    assert again.rows == history.rows
    assert again.sample(k, Random(3)) == history.sample(k, Random(3))


@given(ROWS, st.integers(0, 40))
def test_observing_in_parts_or_twice_is_the_same(rows: list[Example], cut: int) -> None:
    history = ReviewHistory()
    for part in (rows[:cut], rows[cut:], rows[:cut]):
        history.observe(part)
    assert history.rows == tuple(rows)


def test_every_class_gets_the_odd_row() -> None:
    rows = [Example(f"{label}{i}", "t", label) for label in "abc" for i in range(5)]
    history = ReviewHistory("balanced", rows)
    first = Counter(history.sample(1, Random(seed))[0].label for seed in range(300))
    assert all(60 < first[label] < 140 for label in "abc")


def test_uniform_follows_the_shares() -> None:
    rows = [Example(str(i), "t", "rare" if i < 10 else "common") for i in range(100)]
    history = ReviewHistory("uniform", rows)
    rare = sum(row.label == "rare" for s in range(100) for row in history.sample(20, Random(s)))
    assert 140 < rare < 260


@pytest.mark.parametrize(("every", "due"), [(1, [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6]), (3, [3, 6])])
def test_review_due(every: int, due: list[int]) -> None:
    assert [number for number in range(1, 7) if review_due(number, every)] == due
