"""TracIn, LESS and influence, from gradients that are given or worked by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from evokd.tasks.example import Example
from student.selection.memory.influence import Influence
from student.selection.memory.less import Less
from student.selection.memory.memory import Memory
from student.selection.memory.student_view import Floats, HeadGradients
from student.selection.memory.tracin import TracIn
from tests.student.selection.memory.fake_student import FakeStudent
from tests.student.selection.memory.rows import GOLD

ROWS = [Example(f"r{i}", "t", "abcd"[i % 4]) for i in range(9)]


def full(rows: Sequence[Example]) -> Floats:
    """Whole gradients, float64 [rows, labels x (width + 1)]."""
    errors, inputs = FakeStudent().head_gradients(rows)
    return np.stack([np.outer(e, h).ravel() for e, h in zip(errors, inputs, strict=True)])


def scores(memory: Memory) -> Floats:
    memory.observe(1, ROWS, FakeStudent())
    return memory.score(ROWS, GOLD)


def test_tracin_is_the_mean_inner_product() -> None:
    expected = (full(ROWS) @ full(GOLD).T).mean(1)
    np.testing.assert_allclose(scores(TracIn()), expected, atol=1e-12)


def test_less_is_the_best_classs_mean_cosine() -> None:
    own, theirs = (g / np.linalg.norm(g, axis=1, keepdims=True) for g in (full(ROWS), full(GOLD)))
    cosines = own @ theirs.T
    labels = [row.label for row in GOLD]
    means = [cosines[:, [one == name for one in labels]].mean(1) for name in "abcd"]
    np.testing.assert_allclose(scores(Less()), np.max(means, axis=0), atol=1e-12)
    assert (np.abs(scores(Less())) <= 1).all()


def test_by_hand() -> None:
    """Two labels, one input and a bias. Gradients as outer products:

    row: (-1, 1) x (2, 1), gold: (-0.5, 0.5) x (1, 1): (0.5 + 0.5) x (2 + 1) = 3.
    Cosine: 1 x 3 / (sqrt 5 sqrt 2).
    """

    class ByHand(FakeStudent):
        def head_gradients(self, rows: Sequence[Example]) -> HeadGradients:
            return HeadGradients(
                np.array([[-1.0, 1.0], [-0.5, 0.5]]), np.array([[2.0, 1.0], [1.0, 1.0]])
            )

    for memory, expected in ((TracIn(), 3.0), (Less(), 3 / np.sqrt(10))):
        memory.observe(1, ROWS[:1], ByHand())
        assert memory.score(ROWS[:1], GOLD[:1]) == pytest.approx([expected])


def test_a_row_that_is_known_for_sure_pulls_nowhere() -> None:
    class Sure(FakeStudent):
        def head_gradients(self, rows: Sequence[Example]) -> HeadGradients:
            found = super().head_gradients(rows)
            found.errors[0] = 0
            return found

    for memory in (TracIn(), Less()):
        memory.observe(1, ROWS, Sure())
        assert memory.score(ROWS, GOLD)[0] == 0


def test_influence_is_the_students_helpfulness() -> None:
    np.testing.assert_array_equal(scores(Influence()), FakeStudent().helpfulness(ROWS, GOLD))
