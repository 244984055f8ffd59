"""Forgetting events and the area under the margin: what rounds of checks add up to."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

from evokd.tasks.example import Example
from student.selection.memory.aum import Aum, margins
from student.selection.memory.forgetting import NEVER_LEARNT, Forgetting
from student.selection.memory.student_view import Floats
from tests.student.selection.memory.fake_student import ANSWERS, FakeStudent


class Says(FakeStudent):
    """Logits of each row, by id."""

    def __init__(self, **logits: Sequence[float]) -> None:
        super().__init__()
        self.logits = logits

    def log_probabilities(self, rows: Sequence[Example]) -> Floats:
        found = np.array([self.logits[row.id] for row in rows], dtype=np.float64)
        logs: Floats = found - np.log(np.exp(found).sum(1, keepdims=True))
        return logs


A, B, C = (Example(name, "t", ANSWERS[0]) for name in "abc")
RIGHT, WRONG = (2.0, 1.0, 0.0, 0.0), (0.5, 3.0, 0.0, 0.0)


def test_events_are_right_then_wrong() -> None:
    """a: right wrong right wrong, b: wrong wrong right right, c (from round 3): wrong wrong."""
    memory = Forgetting()
    memory.observe(1, [A, B], Says(a=RIGHT, b=WRONG))
    assert memory.score([A, B]).tolist() == [0, NEVER_LEARNT]
    memory.observe(2, [], Says(a=WRONG, b=WRONG))
    memory.observe(3, [C], Says(a=RIGHT, b=RIGHT, c=WRONG))
    memory.observe(4, [A], Says(a=WRONG, b=RIGHT, c=WRONG))
    assert memory.score([A, B, C]).tolist() == [2, 0, NEVER_LEARNT]
    assert memory.never_learnt([A, B, C]) == [False, False, True]
    assert [row.id for row in memory.sample(3, Random(1))] == ["c", "a", "b"]


def test_a_round_counts_once() -> None:
    memory = Forgetting()
    memory.observe(1, [A], Says(a=RIGHT))
    memory.observe(2, [], Says(a=WRONG))
    memory.observe(2, [], Says(a=RIGHT))  # the node ran again
    memory.observe(1, [], Says(a=RIGHT))
    memory.observe(3, [], Says(a=WRONG))
    assert memory.score([A]).tolist() == [1]


def test_margins_by_hand() -> None:
    logits = np.array([[2.0, 1.0, -1.0], [0.5, 3.0, 0.0], [1.0, 4.0, -np.inf]])
    assert margins(logits, np.array([0, 2, 0])).tolist() == [1.0, -3.0, -3.0]
    assert logits[2, 0] == 1.0  # what it was given stays as it was


def test_aum_is_the_mean_margin() -> None:
    """a: 1 and -2.5, b: from round 2, 1. Logits and log-probabilities have the same margins."""
    memory = Aum()
    memory.observe(1, [A], Says(a=RIGHT))
    memory.observe(2, [B], Says(a=WRONG, b=RIGHT))
    memory.observe(2, [B], Says(a=RIGHT, b=WRONG))
    assert memory.score([A, B]) == pytest.approx([-0.75, 1.0])
    assert memory.sample(1, Random(1)) == [B]
