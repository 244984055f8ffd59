"""The section on calibration: what is drawn, and what damaged files leave of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.runs.calibration import read_calibration
from evokd.runs.run import Run
from evokd.viewer.calibration import read_sureness

MEASURED = {"ece": 0.1, "brier": 0.4, "nll": 0.6}
POINTS = [
    {"coverage": 0.25, "accuracy": 1.0, "confidence": 0.9},
    {"coverage": 1.0, "accuracy": 0.75, "confidence": 0.5},
]


def run_with(folder: Path, document: Any, **changes: Any) -> Run:
    if document is not None:
        (folder / "calibration.json").write_text(json.dumps(document), encoding="utf-8")
    said = {"by": "dev", "temperature": 1.5, "rows": 80, "dev": None}
    said |= {"test": {"before": MEASURED, "after": MEASURED | {"ece": 0.05}}} | changes
    return Run("made", folder, metrics=[{"round": 3, "calibration": said}])


def test_a_table_and_two_pictures(tmp_path: Path) -> None:
    bins = [{"rows": 4, "confidence": 0.6, "accuracy": 0.5}]
    document = {"round": 3, "area": 0.8, "curve": POINTS, "reliability": {"before": bins}}
    found = read_sureness(run_with(tmp_path, document))
    assert found is not None
    assert found["table"].rows[0] == ("calibration error (ECE)", 0.1, 0.05)
    assert "accuracy: 0.750 at 100 %" in found["coverage"]
    assert "as it is: 0.500 at 60 %" in found["reliability"] and "exact" in found["reliability"]
    said = found["said"]
    assert said.line == (
        "how sure it is, on test: ECE 0.100 → 0.050, Brier 0.400 → 0.400, NLL 0.600 → 0.600"
        " (temperature 1.5, fitted on 80 dev rows); of the surest half 75.0% are right"
    )


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"round": 2, "curve": POINTS},  # of another student
        {"round": 3, "curve": "<b>", "reliability": 5, "area": "x"},
        {"round": 3, "curve": [None, {"coverage": 7, "accuracy": "1"}, {"coverage": 1e999}]},
    ],
)
def test_a_damaged_file_leaves_the_table(tmp_path: Path, document: Any) -> None:
    found = read_sureness(run_with(tmp_path, document))
    assert found is not None and len(found["table"].rows) == 3
    assert not found["coverage"] and not found["reliability"]


@pytest.mark.parametrize("test", [None, [], {"before": "x"}, {}])
def test_no_measures_no_section(tmp_path: Path, test: Any) -> None:
    assert read_sureness(run_with(tmp_path, None, test=test)) is None
    assert read_calibration(Run("old", tmp_path, metrics=[{"round": 1}])) is None
    assert read_calibration(Run("young", tmp_path)) is None


def test_rows_that_could_not_say(tmp_path: Path) -> None:
    found = read_calibration(
        run_with(tmp_path, None, temperature=None, test={"before": MEASURED, "after": None})
    )
    assert found is not None and found.how == "no temperature: 80 dev rows can't say one"
