"""The nearest labelled rows: hand-made places, and a plain loop over all of them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from student.selection.neighbours import SHARPNESS, neighbours


def floats(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def test_a_hand_made_case() -> None:
    rows = floats([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, -1.0]])
    (found,) = neighbours(floats([[2.0, 0.0]]), rows, ["x", "y", "y", "x"], 3)
    assert found.places == (0, 2, 1)
    weights = [1.0, math.exp((math.sqrt(0.5) - 1) / SHARPNESS), math.exp(-1 / SHARPNESS)]
    total = sum(weights)
    assert found.shares == pytest.approx(
        {"x": weights[0] / total, "y": (weights[1] + weights[2]) / total}
    )
    assert list(found.shares) == ["x", "y"]


def test_it_is_what_a_plain_loop_finds() -> None:
    rng = np.random.default_rng(3)
    texts, rows = floats(rng.normal(size=(7, 5))), floats(rng.normal(size=(30, 5)))
    labels = [f"class {at % 4}" for at in range(30)]
    for text, found in zip(texts, neighbours(texts, rows, labels, 6), strict=True):
        cosines = [float(text @ row / (np.linalg.norm(text) * np.linalg.norm(row))) for row in rows]
        nearest = sorted(range(30), key=lambda at: -cosines[at])[:6]
        assert list(found.places) == nearest
        weights = {at: math.exp(cosines[at] / SHARPNESS) for at in nearest}
        for label, share in found.shares.items():
            own = sum(w for at, w in weights.items() if labels[at] == label)
            assert share == pytest.approx(own / sum(weights.values()), rel=1e-4)
        assert sum(found.shares.values()) == pytest.approx(1)


def test_nobody_near_says_nothing() -> None:
    (found,) = neighbours(floats([[1, 1]]), floats(np.empty((0, 2))), [], 5)
    assert found.places == () and found.shares == {}
    assert neighbours(floats(np.empty((0, 2))), floats([[1, 1]] * 3), ["a"] * 3, 5) == []


def test_of_equals_the_earlier_row_is_nearer() -> None:
    (found,) = neighbours(floats([[1, 1]]), floats([[1, 1]] * 4), ["a", "b", "a", "b"], 2)
    assert found.places == (0, 1) and found.shares == pytest.approx({"a": 0.5, "b": 0.5})
