from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.example import Example
from student.selection.memory.herding import Herding, herd
from student.selection.memory.student_view import Vectors
from tests.student.selection.memory.fake_student import FakeStudent


def test_by_hand() -> None:
    """Places 0, 1, 4 and 7 on a line; their mean is 3.

    First 4 (off by 1; the others by 3, 2, 4). With it, 0 gives 2, 1 gives 2.5, 7 gives 5.5: 1.
    With 4 and 1, 0 gives 5/3, 7 gives 4: 7 (off by 1 against 4/3). Then 0.
    """
    assert herd(np.array([[0.0], [1.0], [4.0], [7.0]], dtype=np.float32)) == [2, 1, 3, 0]


def test_of_equals_the_first() -> None:
    assert herd(np.ones((3, 2), dtype=np.float32)) == [0, 1, 2]


@given(st.integers(1, 9), st.integers(0, 99))
def test_each_pick_is_the_best_by_the_papers_formula(rows: int, seed: int) -> None:
    f = np.random.default_rng(seed).normal(size=(rows, 3))
    order, mean = herd(f.astype(np.float32)), f.mean(0)
    for k in range(1, rows + 1):
        earlier = f[order[: k - 1]].sum(0)
        distance = [np.linalg.norm(mean - (f[at] + earlier) / k) for at in order[k - 1 :]]
        assert distance[0] <= min(distance) + 1e-6


class OnACircle(FakeStudent):
    """Rows at the angle, in degrees, that their text says, at any length."""

    def embeddings(self, rows: Sequence[Example]) -> Vectors:
        angles = np.deg2rad([float(row.text) for row in rows])
        lengths = 1 + np.arange(len(rows))
        found = np.stack([np.cos(angles), np.sin(angles)], axis=1) * lengths[:, None]
        return found.astype(np.float32)


def test_classes_take_turns() -> None:
    """In each class the middle one first; lengths don't count."""
    rows = [Example(f"a{i}", angle, "a") for i, angle in enumerate(["0", "20", "50"])]
    rows += [Example(f"b{i}", angle, "b") for i, angle in enumerate(["90", "110", "170", "115"])]
    memory = Herding(rows)
    memory.observe(1, (), OnACircle())
    scores = memory.score(rows)
    assert sorted(scores[:3]) == [-2, -1, 0]
    assert sorted(scores[3:]) == [-3, -2, -1, 0]
    assert {row.id for row in memory.sample(2, Random(1))} == {"a1", "b3"}
    drawn = [row.label for row in memory.sample(7, Random(1))]
    assert [Counter(drawn[:n])["a"] for n in (2, 4, 6, 7)] == [1, 2, 3, 3]
