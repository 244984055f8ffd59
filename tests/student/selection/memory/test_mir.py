from __future__ import annotations

from collections.abc import Sequence
from random import Random

from evokd.tasks.example import Example
from student.selection.memory.mir import CANDIDATES, MaximallyInterfered
from student.selection.memory.student_view import Floats
from tests.student.selection.memory.fake_student import FakeStudent


class Interferes(FakeStudent):
    """A step on incoming rows adds to a row's loss what its text says, times the first one's."""

    def losses_after_step(self, rows: Sequence[Example], incoming: Sequence[Example]) -> Floats:
        self.asked.append("losses_after_step")
        return self.losses(rows) + [float(row.text) * float(incoming[0].text) for row in rows]


OLD = [Example(f"r{i}", str(i), "a") for i in range(-3, 3)]
NEW = [Example("new", "2", "a"), Example("also", "0", "a")]
AGAINST = [Example("against", "-1", "b")]


def test_the_most_interfered_first() -> None:
    memory = MaximallyInterfered(OLD)
    memory.observe(2, (), Interferes())
    assert [row.id for row in memory.sample(3, Random(1), NEW)] == ["r2", "r1", "r0"]
    assert [row.id for row in memory.sample(2, Random(1), AGAINST)] == ["r-3", "r-2"]
    assert memory.interference(OLD, NEW).round(9).tolist() == [-6, -4, -2, 0, 2, 4]


def test_rows_that_come_in_are_not_repeated() -> None:
    memory = MaximallyInterfered([*OLD, *NEW])
    memory.observe(2, (), Interferes())
    assert {*memory.sample(9, Random(1), NEW)} == {*OLD}


def test_scores_are_towards_the_latest_round() -> None:
    memory = MaximallyInterfered(OLD)
    memory.observe(2, NEW, Interferes())
    memory.observe(2, NEW, Interferes())
    assert memory.score(OLD).round(9).tolist() == [-6, -4, -2, 0, 2, 4]
    memory.observe(3, AGAINST, Interferes())
    again = MaximallyInterfered.from_state(memory.state())
    again.observe(3, (), Interferes())
    assert again.score(OLD).round(9).tolist() == [3, 2, 1, 0, -1, -2]


def test_without_incoming_rows_any_row_will_do_and_nothing_is_computed() -> None:
    memory, student = MaximallyInterfered(OLD), Interferes()
    memory.observe(1, (), student)
    firsts = {memory.sample(1, Random(seed))[0].id for seed in range(60)}
    assert len(firsts) == len(OLD)
    assert student.asked == []


def test_a_random_part_of_many_rows_is_looked_at() -> None:
    many = [Example(f"r{i}", str(i), "a") for i in range(1000)]
    memory = MaximallyInterfered(many)
    memory.observe(1, (), Interferes())
    firsts = {int(memory.sample(1, Random(seed), NEW)[0].text) for seed in range(20)}
    assert len(firsts) > 3
    assert min(firsts) > 1000 - 10 * 1000 / CANDIDATES
    assert len(memory.sample(CANDIDATES + 50, Random(1), NEW)) == CANDIDATES + 50
