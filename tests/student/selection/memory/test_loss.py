from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from evokd.tasks.example import Example
from student.selection.memory.loss import Loss
from student.selection.memory.student_view import Floats
from tests.student.selection.memory.fake_student import FakeStudent


class Tells(FakeStudent):
    """A row's text is its loss."""

    def losses(self, rows: Sequence[Example]) -> Floats:
        return super().losses(rows) * 0 + [float(row.text) for row in rows]


def test_rows_come_as_often_as_they_are_hard() -> None:
    rows = [Example("easy", "0.1", "a"), Example("hard", "0.9", "a"), Example("known", "0", "a")]
    memory = Loss(rows)
    memory.observe(1, (), Tells())
    assert memory.score(rows).tolist() == [0.1, 0.9, 0.0]
    firsts = [memory.sample(1, Random(seed))[0].id for seed in range(1000)]
    assert firsts.count("hard") == pytest.approx(900, abs=40)
    assert firsts.count("known") == 0
