"""The line of a round: every measure at its place, null where there is nothing to measure."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from student.representation.measures import TrainedView, WrittenRows, measures
from student.representation.nearness import nearest_cosines, nearness
from student.representation.overlap import overlap
from student.representation.self_similarity import self_similarity
from student.representation.separability import separability
from student.representation.vendi import vendi_score
from tests.student.representation.made import drawn, plane

UNITS = drawn(12, seed=1)
TEXTS = [f"row {at} says {at % 3}" for at in range(12)]
CLASSES = [[f"c{at % 3}"] for at in range(12)]
TEST, REAL = drawn(15, seed=2), drawn(20, seed=3)
WRITTEN = WrittenRows(TEXTS, CLASSES, UNITS, 5)


def test_each_measure_stands_at_its_place() -> None:
    found = measures(WRITTEN, TEST, REAL, None)
    assert (found["rows"], found["round"]["rows"]) == (12, 5)
    for said, units in ((found, UNITS), (found["round"], UNITS[7:])):
        assert said["vendi"] == pytest.approx(vendi_score(units), abs=5e-5)
        assert said["self_similarity"] == pytest.approx(self_similarity(units), abs=5e-5)
        near = nearness(nearest_cosines(units, TEST))
        assert tuple(said["test_nearest"].values()) == pytest.approx(near, abs=5e-5)
    assert found["separability"] == pytest.approx(separability(UNITS, CLASSES), abs=5e-5)
    over = overlap(UNITS, REAL)
    assert over is not None and found["real"]["rows"] == 20
    assert found["real"]["coverage"] == pytest.approx(over.coverage, abs=5e-5)
    assert found["real"]["precision"] == pytest.approx(over.precision, abs=5e-5)
    assert found["distinct_1"] == pytest.approx((2 + 12) / 48, abs=5e-5)  # row, says, 0 … 11
    assert found["student"] is None
    assert json.loads(json.dumps(found)) == found


def test_classes_drift_as_the_round_pulls_them() -> None:
    rows = WrittenRows(list("abcd"), [["x"], ["y"], ["x"], ["new"]], plane(0, 0, 60, 10), fresh=2)
    found = measures(rows, TEST[:, :2], None, None)
    assert found["class_drift"] == {
        "x": pytest.approx(1 - np.cos(np.radians(30)), abs=5e-5),
        "y": 0,
    }
    assert found["drift"] == pytest.approx(found["class_drift"]["x"] / 2, abs=5e-5)


def test_the_trained_student_moves_its_own_classes() -> None:
    classes = [["a"], ["a"], ["b"], ["b"]]
    before, after = plane(0, 10, 20, 30), plane(0, 0, 90, 90)
    view = TrainedView(after, classes, after, classes, before)
    found = measures(WRITTEN, TEST, None, view)["student"]
    assert found["separability"] == found["test_separability"] == 1.0
    moved = [1 - np.cos(np.radians(5)), 1 - np.cos(np.radians(65))]
    assert found["test_drift"] == pytest.approx(np.mean(moved), abs=5e-5)
    assert (found["rows"], found["test_rows"]) == (4, 4)


def test_before_anything_is_written_all_is_null() -> None:
    empty = WrittenRows([], [], np.empty((0, 0), dtype=np.float32), 0)
    found = measures(empty, TEST, REAL, None)
    assert found.keys() == measures(WRITTEN, TEST, REAL, None).keys()
    assert found["rows"] == 0 and found["real"]["rows"] == 20

    def leaves(value: Any) -> list[Any]:
        return (
            [x for one in value.values() for x in leaves(one)]
            if isinstance(value, dict)
            else [value]
        )

    del found["rows"], found["real"]["rows"], found["round"]["rows"]
    assert set(leaves(found)) == {None}


def test_a_round_without_a_row_leaves_the_rest() -> None:
    found = measures(WrittenRows(TEXTS, CLASSES, UNITS, 0), TEST, REAL, None)
    assert found["vendi"] is not None and found["round"]["vendi"] is None
    assert found["drift"] == 0
