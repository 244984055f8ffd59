"""What holds for every policy, with a fake student and with real ones of each kind."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.example import Example
from student.selection.memory import MEMORIES, Memory
from tests.student.selection.memory.fake_student import FakeStudent
from tests.student.selection.memory.rows import GOLD, ROWS

WITH_STUDENT = [name for name, kind in MEMORIES.items() if kind.needs]
WITH_GOLD = [name for name, kind in MEMORIES.items() if "gold" in kind.needs]
WATCHERS = [name for name, kind in MEMORIES.items() if kind.watches]


def observed(policy: str, rows: list[Example], cut: int, seed: int = 0) -> Memory:
    memory = MEMORIES[policy](gold=GOLD, seed=seed)
    memory.observe(1, rows[:cut], FakeStudent(1))
    memory.observe(2, rows[cut:], FakeStudent(2))
    return memory


@pytest.mark.parametrize("policy", MEMORIES)
@given(rows=ROWS, cut=st.integers(0, 40), n=st.integers(0, 45), seed=st.integers(0, 9))
def test_state_survives_json(policy: str, rows: list[Example], cut: int, n: int, seed: int) -> None:
    memory = observed(policy, rows, cut, seed)
    again = MEMORIES[policy].from_state(json.loads(json.dumps(memory.state())))
    assert again.state() == memory.state()
    assert again.rows == memory.rows
    for round_number, age in ((2, 2), (3, 3)):  # as it was, and both going on alike
        for one in (memory, again):
            one.observe(round_number, (), FakeStudent(age))
        assert np.array_equal(again.score(rows, GOLD), memory.score(rows, GOLD))
        drawn = memory.sample(n, Random(3), rows[:3])
        assert again.sample(n, Random(3), rows[:3]) == drawn
    assert again.state() == memory.state()


@pytest.mark.parametrize("policy", MEMORIES)
@given(rows=ROWS, cut=st.integers(0, 40), n=st.integers(0, 45))
def test_draws_are_rows_without_repeats_and_scores_are_numbers(
    policy: str, rows: list[Example], cut: int, n: int
) -> None:
    memory = observed(policy, rows, cut)
    drawn = memory.sample(n, Random(5))
    assert len({row.id for row in drawn}) == len(drawn) == min(n, len(rows))
    assert set(drawn) <= set(rows)
    assert drawn == memory.sample(n, Random(5))
    scores = memory.score(rows, GOLD)
    assert scores.shape == (len(rows),)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("policy", MEMORIES)
@given(rows=ROWS, cut=st.integers(0, 40))
def test_a_node_that_runs_twice_changes_nothing(policy: str, rows: list[Example], cut: int) -> None:
    memory = observed(policy, rows, cut)
    before = memory.state()
    memory.observe(2, rows[cut:], FakeStudent(2))
    assert memory.state() == before


@pytest.mark.parametrize("policy", MEMORIES)
def test_a_policy_asks_for_what_it_says_it_needs(policy: str) -> None:
    rows = [Example(f"r{i}", "t", "abcd"[i % 4]) for i in range(12)]
    student, memory = FakeStudent(1), MEMORIES[policy](gold=GOLD)
    memory.observe(1, rows, student)
    memory.score(rows, GOLD)
    memory.sample(3, Random(1), rows[:2])
    needs = memory.needs - {"gold", "incoming"}
    assert bool(student.asked) == bool(needs)
    assert {*student.asked[:1]} <= needs
    assert needs <= {*student.asked}


@pytest.mark.parametrize("policy", sorted({*WITH_STUDENT} - {*WATCHERS}))
def test_a_student_that_is_missing_is_missed(policy: str) -> None:
    rows = [Example("r1", "t", "a"), Example("r2", "t", "b")]
    memory = MEMORIES[policy](gold=GOLD)
    memory.observe(1, rows[:1])
    memory.observe(2, rows[1:])
    with pytest.raises(ValueError, match=f"{policy}: needs the student"):
        memory.score(rows, GOLD)


@pytest.mark.parametrize("policy", WATCHERS)
def test_a_watcher_wants_the_student_and_rows_it_saw(policy: str) -> None:
    rows = [Example("r1", "t", "a"), Example("r2", "t", "b")]
    memory = MEMORIES[policy]()
    with pytest.raises(ValueError, match="observe with the student"):
        memory.observe(1, rows)
    memory.observe(1, rows[:1], FakeStudent())
    with pytest.raises(ValueError, match="never observed r3"):
        memory.score([*rows[:1], Example("r3", "t", "a")], ())


@pytest.mark.parametrize("policy", WITH_GOLD)
def test_gold_that_is_missing_is_missed(policy: str) -> None:
    memory = MEMORIES[policy]([Example("r1", "t", "a")])
    memory.observe(1, (), FakeStudent())
    with pytest.raises(ValueError, match=f"{policy}: values rows towards gold"):
        memory.score(memory.rows, ())
    with pytest.raises(ValueError, match=f"{policy}: values rows towards gold"):
        memory.sample(1, Random(1))


@pytest.mark.parametrize("policy", WITH_GOLD)
def test_gold_rows_are_drawn_last(policy: str) -> None:
    """A gold row among those valued would be its own best neighbour."""
    rows = [Example(f"r{i}", "t", "abcd"[i % 4]) for i in range(12)]
    memory = MEMORIES[policy]([*GOLD, *rows], gold=GOLD)
    memory.observe(1, (), FakeStudent())
    assert {*memory.sample(12, Random(1))} == {*rows}
    assert {*memory.sample(13, Random(1))} - {*rows} < {*GOLD}
    worth = memory.score(rows, GOLD).tolist()
    drawn = [worth[rows.index(row)] for row in memory.sample(3, Random(1))]
    assert drawn == sorted(worth, reverse=True)[:3]


def test_the_state_of_another_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="uniform: this is the state of 'balanced'"):
        MEMORIES["uniform"].from_state(MEMORIES["balanced"]().state())


def test_names_are_the_registrys() -> None:
    assert list(MEMORIES) == [policy.name for policy in MEMORIES.values()]
    assert all(policy.kinds and policy.places for policy in MEMORIES.values())


def test_the_note_has_a_line_for_each_policy_and_its_needs() -> None:
    note = Path(__file__).parents[4] / "docs/design/memory.md"
    table = [line.split("|") for line in note.read_text(encoding="utf-8").splitlines()]
    told = {cells[1].strip(" `"): cells for cells in table if len(cells) == 8 and "`" in cells[1]}
    assert list(told) == list(MEMORIES)
    for name, policy in MEMORIES.items():
        assert {one.strip() for one in told[name][3].split(",")} - {""} == policy.needs
        assert ("review alone" in told[name][2]) == ("keep" not in policy.places)
