from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.example import Example
from student.selection.memory.knn_shapley import KnnShapley, knn_shapley
from student.selection.memory.student_view import Floats, Vectors
from tests.student.selection.memory.fake_student import FakeStudent


def cosine(a: Vectors, b: Vectors) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def worth(chosen: Sequence[int], near: Sequence[int], match: Sequence[bool], k: int) -> float:
    """(1/K) sum over the min(K, |S|) nearest of S: one gold row."""
    nearest = [at for at in near if at in chosen][:k]
    return sum(match[at] for at in nearest) / k


def by_definition(n: int, near: Sequence[int], match: Sequence[bool], k: int) -> Floats:
    """Shapley values over all subsets."""
    values = np.zeros(n)
    for i in range(n):
        others = [j for j in range(n) if j != i]
        for size in range(n):
            for subset in combinations(others, size):
                gain = worth([*subset, i], near, match, k) - worth(subset, near, match, k)
                values[i] += gain / (n * comb(n - 1, size))
    return values


@given(st.integers(1, 6), st.integers(1, 3), st.integers(1, 8), st.integers(0, 10_000))
def test_equals_brute_force(n: int, gold: int, k: int, seed: int) -> None:
    """K > N included; the values sum to what all rows together are worth."""
    rng = np.random.default_rng(seed)
    rows, towards = (rng.normal(size=(many, 3)).astype(np.float32) for many in (n, gold))
    own, theirs = rng.integers(3, size=n), rng.integers(3, size=gold)
    exact, everything = np.zeros(n), 0.0
    for at in range(gold):
        near = sorted(range(n), key=lambda i: -cosine(rows[i], towards[at]))
        match = [bool(own[i] == theirs[at]) for i in range(n)]
        exact += by_definition(n, near, match, k) / gold
        everything += worth(range(n), near, match, k) / gold
    found = knn_shapley(rows, own, towards, theirs, k)
    np.testing.assert_allclose(found, exact, atol=1e-12)
    assert found.sum() == pytest.approx(everything, abs=1e-12)


def test_by_hand() -> None:
    """Near to far: right, wrong, right; K = 2.

    s3 = min(2, 3) / (2 x 3) = 1/3; s2 = 1/3 - 1/2 x 2/2 = -1/6; s1 = -1/6 + 1/2 x 1/1 = 1/3.
    """
    rows = np.array([[1, 0.1], [1, 0.5], [1, 2]], dtype=np.float32)
    gold = np.array([[1, 0]], dtype=np.float32)
    found = knn_shapley(rows, np.array([7, 1, 7]), gold, np.array([7]), 2)
    assert found == pytest.approx([1 / 3, -1 / 6, 1 / 3])


def test_many_gold_rows_are_taken_in_steps() -> None:
    rng = np.random.default_rng(1)
    rows, gold = (rng.normal(size=(many, 4)).astype(np.float32) for many in (40, 150))
    own, theirs = rng.integers(3, size=40), rng.integers(3, size=150)
    single = [knn_shapley(rows, own, gold[[at]], theirs[[at]]) for at in range(150)]
    found = knn_shapley(rows, own, gold, theirs)
    np.testing.assert_allclose(found, np.stack(single).mean(0), atol=1e-12)


def test_a_wrong_label_is_worth_least() -> None:
    """Two clusters; one row of the first has the second's label."""

    class TwoPlaces(FakeStudent):
        def embeddings(self, rows: Sequence[Example]) -> Vectors:
            side = np.array([row.text == "left" for row in rows], dtype=np.float32)
            return np.stack([side, 1 - side], axis=1) + 0.01 * super().embeddings(rows)[:, :2]

    rows = [Example(f"{side}{i}", side, side[0]) for side in ("left", "right") for i in range(8)]
    rows[3] = Example("flipped", "left", "r")
    gold = [Example(f"train-{side}", side, side[0]) for side in ("left", "right")]
    memory = KnnShapley(rows, gold=gold)
    memory.observe(1, (), TwoPlaces())
    scores = memory.score(rows, gold)
    assert scores[3] < 0.6 * np.delete(scores, 3).min()
    assert memory.sample(16, Random(1))[-1].id == "flipped"
