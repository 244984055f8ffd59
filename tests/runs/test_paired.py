from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.runs.files import Unreadable
from evokd.runs.paired import (
    FILE,
    STUDY_FILE,
    Tally,
    other_rows,
    pair,
    read_predictions,
    shared_students,
)
from evokd.runs.run import Run
from evokd.tasks.predictions import TestPredictions

LABELS = st.sampled_from(["good", "bad", "so-so"])


def told(rows: list[str], gold: list[str], said: list[str], name: str = "final") -> TestPredictions:
    return TestPredictions.of("macro_f1", rows, gold, {name: said})


def test_who_got_which() -> None:
    gold = ["x", "x", "y", "y"]
    a = told(["t-0", "t-1", "t-2", "t-3"], gold, ["x", "x", "x", "x"])
    b = told(["t-3", "t-2", "t-1", "t-0"], gold[::-1], ["y", "x", "y", "x"])
    found = pair(a, b, "final", "final")
    assert [row.who for row in found.rows] == ["both", "a", "neither", "b"]
    assert found.tally == Tally(1, 1, 1, 1) and found.alone == (0, 0)
    assert found.by_label() == [("x", Tally(1, 1, 0, 0)), ("y", Tally(0, 0, 1, 1))]
    assert (found.difference, found.p) == (0, 1)


def test_rows_without_a_counterpart_are_counted_and_left_out() -> None:
    a = told(["t-0", "t-1", "t-2"], ["x", "y", "x"], ["x", "x", "x"])
    b = told(["t-0", "t-1", "t-9"], ["x", "x", "x"], ["x", "x", "x"])
    found = pair(a, b, "final", "final")
    assert [row.row for row in found.rows] == ["t-0"] and found.alone == (2, 2)
    assert pair(told([], [], []), b, "final", "final").difference is None


@given(st.lists(st.tuples(LABELS, LABELS, LABELS), min_size=1, max_size=40))
def test_sums_hold(rows: list[tuple[str, str, str]]) -> None:
    names = [f"test-{n}" for n in range(len(rows))]
    gold = [label for label, _, _ in rows]
    a, b = [one for _, one, _ in rows], [one for _, _, one in rows]
    found = pair(told(names, gold, a), told(names, gold, b), "final", "final")
    tally = found.tally
    assert tally.rows == len(rows)
    assert tally.right_a == sum(x == y for x, y in zip(gold, a, strict=True))
    assert tally.right_b == sum(x == y for x, y in zip(gold, b, strict=True))
    parts = [one for _, one in found.by_label()]
    assert (
        sum(one.a for one in parts) == tally.a
        and sum(one.neither for one in parts) == tally.neither
    )
    assert found.bounds is not None and found.difference is not None
    assert found.bounds.low <= found.difference <= found.bounds.high
    assert 0 < found.p <= 1


def test_students_that_both_have() -> None:
    a = told(["t-0"], ["x"], ["x"]).beside("refit-1", ["x"]).beside("refit-2", ["x"])
    b = told(["t-0"], ["x"], ["x"]).beside("refit-1", ["x"])
    assert shared_students(a, b) == ["final", "refit-1"]


def test_a_run_s_own_file_or_its_study_s(tmp_path: Path) -> None:
    run = Run("c1", tmp_path / "runs" / "c1")
    run.path.mkdir(parents=True)
    made = told(["t-0"], ["x"], ["y"])
    lines = [
        {"cell": "c10"} | told(["t-0"], ["x"], ["x"]).to_json(),
        {"cell": "c1"} | made.to_json(),
    ]
    (tmp_path / STUDY_FILE).write_text("half a line c1\n" + "\n".join(map(json.dumps, lines)))
    with pytest.raises(Unreadable, match="is not there"):
        read_predictions(run, None)
    assert read_predictions(run, tmp_path) == made
    own = told(["t-0"], ["x"], ["z"])
    (run.path / FILE).write_text(json.dumps(own.to_json()))
    assert read_predictions(run, tmp_path) == own
    (run.path / FILE).write_text(json.dumps(own.to_json() | {"gold": [0, 1]}))
    with pytest.raises(Unreadable, match="answers for 1 rows"):
        read_predictions(run, tmp_path)


def test_rows_of_other_files_are_not_paired() -> None:
    one, other = (Run(name, Path(name), info={"data": {"test": name}}) for name in ("a", "b"))
    assert "differ" in (other_rows(one, other) or "")
    assert other_rows(one, one) is None and other_rows(one, Run("c", Path("c"))) is None
