"""Row weights read from metrics.jsonl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evokd.runs.row_weights import read_row_weights
from evokd.runs.run import Run

SPREAD = {
    "rows": 8, "min": 0.5, "q1": 0.7, "median": 1.0, "q3": 1.2, "max": 2.0, "effective": 7.1,
    "quarters": [
        {"rows": 2, "weight": 0.6, "before": 1.0, "after": 0.9},
        {"rows": 0, "weight": None, "before": None, "after": None},
        {"rows": 3, "weight": 1.1, "before": 1.5, "after": 1.0},
        {"rows": 3, "weight": 1.6, "before": 2.0, "after": 1.0},
    ],
}  # fmt: skip


def run_of(*weights: Any) -> Run:
    lines = [
        {"round": number, "test": {"macro_f1": 0.5}, "weights": one}
        for number, one in enumerate(weights)
    ]
    return Run("made", Path("made"), metrics=lines)


def test_a_round_with_weights_is_a_line_and_others_are_none() -> None:
    (line,) = read_row_weights(run_of(None, SPREAD))
    assert (line.round, line.rows, line.effective, line.score) == (1, 8, 7.1, 0.5)
    assert [quarter.fall for quarter in line.quarters][1:] == [None, 0.5, 1.0]


def test_a_run_of_before_has_none() -> None:
    assert read_row_weights(Run("made", Path("made"), metrics=[{"round": 0}])) == []


def test_what_is_damaged_is_not_there() -> None:
    (line,) = read_row_weights(run_of({"rows": "many", "min": [], "quarters": [3]}))
    assert (line.rows, line.min, line.effective) == (0, None, None)
    assert [quarter.before for quarter in line.quarters] == [None] * 4
