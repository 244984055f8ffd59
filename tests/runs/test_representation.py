"""Measures of representation as faces read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evokd.runs.representation import MEASURES, flattened, read_representation
from evokd.runs.run import Run
from student.representation.measures import TrainedView, WrittenRows, measures
from tests.runs.made_measures import measured


def run_of(*lines: dict[str, Any]) -> Run:
    return Run("made", Path(), metrics=list(lines))


def test_every_measure_of_a_run_has_its_column() -> None:
    """What is written, but for counts and drift by class, and nothing else."""
    units = np.eye(7, dtype=np.float32)
    rows = WrittenRows(list("abcdefg"), [["x"]] * 7, units, 3)
    view = TrainedView(units, [["x"]] * 7, units, [["x"]] * 7, units)
    said = measures(rows, units, units, view)

    def paths(value: dict[str, Any], before: str = "") -> set[str]:
        found = set()
        for key, one in value.items():
            deeper = isinstance(one, dict)
            found |= paths(one, f"{before}{key}.") if deeper else {f"{before}{key}"}
        return found

    counts = {"rows", "real.rows", "round.rows", "student.rows", "student.test_rows"}
    left_out = counts | {"class_drift.x", "round.test_nearest.mean", "round.test_nearest.q95"}
    assert {one.path for one in MEASURES.values()} == paths(said) - left_out


def test_columns_of_a_line() -> None:
    found = flattened({"round": 1, "representation": measured(16)})
    assert found["vendi"] == 9.5 and found["round_vendi"] == 5.5
    assert found["real_coverage"] == 0.6 and found["round_test_nearest_max"] == 0.7
    assert found.keys() == MEASURES.keys() and None not in found.values()
    bare = flattened({"representation": measured(16, real=None, student=None)})
    assert bare["real_coverage"] is bare["student_separability"] is None


@pytest.mark.parametrize("said", [None, [], "x", {}, 3])
def test_a_line_without_measures(said: Any) -> None:
    assert flattened({"round": 1, "representation": said}) == {}
    assert read_representation(run_of({"round": 0}, {"round": 1, "representation": said})) == []


def test_damaged_values_are_none() -> None:
    broken = measured(16, vendi="<b>", real=[1], test_nearest=5)  # type: ignore[arg-type]
    (found,) = read_representation(run_of({"round": 2, "representation": broken}))
    assert found.values["vendi"] is found.values["real_precision"] is None
    assert found.values["test_nearest_max"] is None and found.values["drift"] == 0.01


def test_the_line_for_the_end_of_a_run() -> None:
    lines = ({"round": n, "representation": measured(8 * n)} for n in (1, 2))
    first, last = read_representation(run_of({"round": 0}, *lines))
    assert (first.number, first.rows, last.number, last.rows) == (1, 8, 2, 16)
    assert last.line == (
        "where the rows stand: Vendi score 9.5 of 16 rows; precision 0.900 and coverage 0.600"
        " against 30 train rows; nearest to a test row: cosine 0.700"
    )
    (bare,) = read_representation(
        run_of({"round": 0, "representation": measured(0, real=None) | {"vendi": None}})
    )
    assert "Vendi score – of 0 rows; no train rows beyond the shots" in bare.line
