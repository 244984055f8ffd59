from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.example import Example
from student.selection.memory.data_oob import (
    DataOob,
    K,
    draw_bags,
    neighbours,
    out_of_bag,
)
from student.selection.memory.student_view import Floats, Vectors
from tests.student.selection.memory.fake_student import FakeStudent


def by_loop(vectors: Vectors, classes: Sequence[int], bags: Sequence[list[int]], k: int) -> Floats:
    """Bag by bag and row by row, with lists of draws as a bootstrap makes them."""
    units = [one / np.linalg.norm(one) for one in vectors]
    values = []
    for at, own in enumerate(classes):
        verdicts = []
        for bag in bags:
            if at in bag:
                continue
            near = sorted(bag, key=lambda other: (-float(units[at] @ units[other]), other))[:k]
            labels = [classes[other] for other in near]
            best = max(sorted({*labels}), key=labels.count)
            verdicts.append(best == own)
        values.append(sum(verdicts) / len(verdicts) if verdicts else 0.5)
    return np.array(values)


@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 6), st.integers(0, 10_000))
def test_equals_a_plain_loop(n: int, bags: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 3)).astype(np.float32)
    classes = rng.integers(3, size=n)
    drawn = [rng.integers(n, size=n).tolist() for _ in range(bags)]
    counts = np.array([np.bincount(bag, minlength=n) for bag in drawn])
    found = out_of_bag(vectors, classes, counts, k)
    np.testing.assert_allclose(found, by_loop(vectors, classes.tolist(), drawn, k))


def test_many_rows_equal_the_loop_too() -> None:
    """More rows than are looked through for neighbours, two classes apart, a tenth flipped."""
    rng = np.random.default_rng(3)
    classes = rng.integers(2, size=300)
    vectors = rng.normal(size=(300, 4)).astype(np.float32)
    vectors[:, 0] += 3 * (2 * classes - 1)
    flipped = rng.permutation(300)[:30]
    classes[flipped] = 1 - classes[flipped]
    counts = draw_bags(300, 10, seed=1)
    drawn = [np.repeat(np.arange(300), bag).tolist() for bag in counts]
    found = out_of_bag(vectors, classes, counts, K)
    np.testing.assert_allclose(found, by_loop(vectors, classes.tolist(), drawn, K))
    assert found[flipped].mean() < 0.2 < 0.8 < np.delete(found, flipped).mean()


def test_bags_are_bootstraps() -> None:
    bags = draw_bags(200, 100, seed=1)
    assert (bags.sum(1) == 200).all()
    assert (bags == 0).mean() == pytest.approx(np.exp(-1), abs=0.01)
    assert np.array_equal(bags, draw_bags(200, 100, seed=1))
    assert not np.array_equal(bags, draw_bags(200, 100, seed=2))


def test_neighbours_are_others_nearest_first() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [0, 1], [1, 0.1]], dtype=np.float32)
    assert neighbours(vectors, 3).tolist() == [[1, 3, 2], [3, 0, 2], [1, 3, 0], [1, 0, 2]]


def test_a_row_alone_is_unknown() -> None:
    memory = DataOob()
    memory.observe(1, [Example("r1", "t", "a")], FakeStudent())
    assert memory.score(memory.rows).tolist() == [0.5]
