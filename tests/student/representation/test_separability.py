from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import calinski_harabasz_score

from student.representation.separability import separability
from tests.student.representation.made import drawn, plane


@pytest.mark.parametrize("seed", range(5))
def test_against_scikit_learn(seed: int) -> None:
    """Its Calinski-Harabasz score is F = (B / (C - 1)) / (W / (n - C)), with B + W = T."""
    rows, known = 30, 4
    units = drawn(rows, seed=seed)
    names = [f"c{place % known}" for place in range(rows)]
    f = calinski_harabasz_score(units.astype(np.float64), names)
    expected = 1 - (rows - 1) / ((known - 1) * f + rows - known)
    assert separability(units, [[name] for name in names]) == pytest.approx(expected, abs=1e-6)


def test_by_hand() -> None:
    """Each class in one place: all scatter is between them."""
    assert separability(plane(0, 0, 90, 90), [["a"], ["a"], ["b"], ["b"]]) == pytest.approx(1)


def test_labels_that_say_nothing_give_about_nothing() -> None:
    """Whatever the number of rows: that is what the plain share of scatter gets wrong."""
    for rows in (8, 40):
        found = []
        for seed in range(300):
            rng = np.random.default_rng(seed)
            classes = [[f"c{place}"] for place in rng.permutation(np.arange(rows) % 4)]
            value = separability(drawn(rows, seed=seed + 1000), classes)
            assert value is not None and value <= 1
            found.append(value)
        assert abs(np.mean(found)) < 0.03


@pytest.mark.parametrize(
    "classes",
    [
        [["a"], ["a"], ["a"]],
        [["a"], ["b"], ["c"]],
        [["a"], ["a", "b"], ["b"]],
        [["a"], [], ["b"]],
    ],
)
def test_nothing_to_tell_apart(classes: list[list[str]]) -> None:
    assert separability(plane(0, 50, 100), classes) is None


def test_all_in_one_place_or_nothing_at_all() -> None:
    assert separability(plane(5, 5, 5), [["a"], ["a"], ["b"]]) is None
    assert separability(plane(5)[:0], []) is None
