from __future__ import annotations

import numpy as np
import pytest

from student.representation.centroids import centroids, drift
from tests.student.representation.made import plane


def test_a_class_is_the_mean_of_its_rows() -> None:
    found = centroids(plane(0, 90, 180), [["a"], ["a", "b", "b"], []])
    assert found.keys() == {"a", "b"}
    assert found["a"] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert found["b"] == pytest.approx([0, 1], abs=1e-6)


def test_drift_is_the_angle_between_centroids() -> None:
    before = centroids(plane(0, 0, 40), [["a"], ["a"], ["gone"]])
    after = centroids(plane(0, 0, 60, 60, 7), [["a"], ["a"], ["a"], ["a"], ["new"]])
    assert drift(before, after) == {"a": pytest.approx(1 - np.cos(np.radians(30)), abs=1e-6)}
    assert drift(before, before) == pytest.approx({"a": 0, "gone": 0}, abs=1e-12)


def test_a_centroid_without_a_direction_is_left_out() -> None:
    nowhere = {"a": np.zeros(2)}
    assert drift(nowhere, centroids(plane(0), [["a"]])) == {}
    assert drift(centroids(plane(0), [["a"]]), nowhere) == {}
