from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.studies.report.results import CLASSES, CURVES, RESULTS, read_results
from tests.studies.made_up import MadeUp

HEAD = "cell,method,task,variant,shots,seed,budget,round,billed_tokens,macro_f1,tokens:a→b"


def results(folder: Path, *rows: dict[str, Any] | str) -> None:
    lines = (row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
    (folder / RESULTS).write_text("".join(lines), encoding="utf-8")


def row(cell: str = "c1", **other: Any) -> dict[str, Any]:
    return {"cell": cell, "status": "done", "method": "evokd", "task": "t", "seed": 1} | other


def test_what_was_written_is_read(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    cell = made.cell("evokd", 1, 0.8, switches={"easy": False}, extra="ignored")
    made.line(cell, [(0, 0.4), (900, 0.8)], edges=["START→analyst"])
    made.classes.append(
        {k: cell[k] for k in ("cell", "method", "task", "variant", "shots", "seed", "budget")}
        | {"round": 1, "class": "pos", "rows": 4, "f1_before": ""}
    )
    study = read_results(made.write())
    assert study.cells[0].score == 0.8 and study.cells[0].switches == {"easy": False}
    assert study.cells[0].versions == {"evokd": "0.1.0"}
    assert [(p.round, p.billed_tokens, p.macro_f1) for p in study.points] == [
        (0, 0, 0.4),
        (1, 900, 0.8),
    ]
    assert study.points[0].edges == {} and study.points[1].edges == {"START→analyst": 900}
    assert study.points[0].shots == 1 and study.points[0].variant == ""
    assert (study.classes[0].name, study.classes[0].rows, study.classes[0].f1_before) == (
        "pos",
        4,
        None,
    )


def test_an_empty_folder_is_an_empty_study(tmp_path: Path) -> None:
    study = read_results(tmp_path)
    assert (study.cells, study.points, study.classes) == ((), (), ())
    assert study.study_file.name == tmp_path.name and study.missing() is None


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such study folder"):
        read_results(tmp_path / "gone")


def test_the_last_line_of_a_cell_counts(tmp_path: Path) -> None:
    results(
        tmp_path, row(status="failed", reason="net"), row(score=0.5), row("c2", status="failed")
    )
    study = read_results(tmp_path)
    assert [(c.cell, c.status, c.score) for c in study.cells] == [
        ("c1", "done", 0.5),
        ("c2", "failed", None),
    ]
    assert [c.cell for c in study.done] == ["c1"] and [c.cell for c in study.failed] == ["c2"]


def test_rounds_of_cells_that_did_not_finish_are_left_out(tmp_path: Path) -> None:
    results(tmp_path, row("c1"), row("c2", status="failed"))
    lines = [f"{c},evokd,t,,1,1,,0,0,0.5,\n" for c in ("c1", "c2", "c3")]
    (tmp_path / CURVES).write_text(f"{HEAD}\n{''.join(lines)}", encoding="utf-8")
    assert [p.cell for p in read_results(tmp_path).points] == ["c1"]


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    results(tmp_path, row("c1"), '{"cell": "c2", "sta')
    (tmp_path / CURVES).write_text(
        f"{HEAD}\nc1,evokd,t,,1,1,,0,0,0.5,\nc1,evokd,t,,1,1,,1,12", encoding="utf-8"
    )
    study = read_results(tmp_path)
    assert [c.cell for c in study.cells] == ["c1"] and [p.round for p in study.points] == [0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{oops\n", r"results.jsonl: line 2: not valid JSON"),
        (json.dumps(row(score=1.2)) + "\n", r"line 2: score: .*less than or equal to 1"),
        (json.dumps(row(seed=-1)) + "\n", r"line 2: seed"),
        (json.dumps(row(status="running")) + "\n", r"line 2: status"),
        ('{"cell": "x", "status": "done", "method": "m"}\n', r"line 2: task: Field required"),
        (json.dumps(row(score=float("nan"))) + "\n", r"line 2: score: .*finite"),
        ("[]\n", r"line 2: the line"),
    ],
)
def test_what_can_not_be_right_is_refused(tmp_path: Path, line: str, message: str) -> None:
    results(tmp_path, row(), line)
    with pytest.raises(ConfigError, match=message):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (CURVES, f"{HEAD}\nc1,evokd,t,,1,1,,0,many,0.5,\n", "curves.csv: line 2: billed_tokens"),
        (CURVES, f"{HEAD}\nc1,evokd,t,,1,1,,0,0,0.5,x\n", "curves.csv: line 2: edges.a→b"),
        (CLASSES, "cell,method,task,round,rows\nc1,evokd,t,1,2\n", "classes.csv: line 2: class"),
    ],
)
def test_bad_tables(tmp_path: Path, name: str, text: str, message: str) -> None:
    results(tmp_path, row())
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_results(tmp_path)


def test_missing_cells_are_counted(tmp_path: Path) -> None:
    made = MadeUp(tmp_path, study={"cells": 5})
    made.cell("evokd", 1, 0.8)
    made.cell("evokd", 2, 0.8, status="failed")
    assert read_results(made.write()).missing() == 3
