"""The study's folder: rows that survive kills, and a study file that changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.studies.grid.cells import Cell
from evokd.studies.run.folder import StudyDir, as_csv, csv_rows, whole_lines
from evokd.studies.run.record import CURVE
from evokd.studies.study import Study
from tests.studies.conftest import write_study
from tests.studies.grid.test_cells import HEAD


def study_of(tiny: Path, out: Path, grid: str) -> Study:
    return Study.load(write_study(tiny, text=f"{HEAD}grid: {grid}"), out=out)


def finish(study: Study, *cells: Cell, status: str = "done") -> None:
    """Rows as if these cells had ended."""
    for cell in cells:
        axes = cell.axes
        place = {name: getattr(axes, name) for name in axes.__slots__}
        study.folder.append({"cell": cell.id, "status": status, "reason": "", **place})


def test_a_changed_study(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    study = study_of(tiny, out, "{seed: [1, 2, 3]}")
    with study.folder.locked():
        assert study.begin() is None
        finish(study, study.cells[0], study.cells[2])
        finish(study, study.cells[1], status="failed")
    study = study_of(tiny, out, "{seed: [2, 3, 4]}")
    with study.folder.locked():
        changes = study.begin()
        assert changes is not None
        assert [title.split()[-3] for title in changes.kept] == ["3"]
        assert [title.split()[-3] for title in changes.new] == ["4"]
        assert [title.split()[-3] for title in changes.gone] == ["1"]
        assert [cell.axes.seed for cell in study.pending()] == [4]
        assert [cell.axes.seed for cell in study.pending(retry_failed=True)] == [2, 4]
        assert [row["seed"] for row in study.settle()] == [2, 3]
        assert study.begin() is None
        assert study.begin(["evokd study x"]) is None
    assert "command:\n- evokd study x\ncells: 3" in study.folder.study.read_text(encoding="utf-8")
    assert [row["seed"] for row in whole_lines(study.folder.aside)] == [1]


def test_a_cell_that_comes_back_is_not_run_again(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    study = study_of(tiny, out, "{seed: [1, 2, 3]}")
    with study.folder.locked():
        study.begin()
        finish(study, *study.cells)
        study.settle()
    narrow = study_of(tiny, out, "{seed: 2}")
    with narrow.folder.locked():
        narrow.begin()
        assert [row["seed"] for row in whole_lines(narrow.folder.results)] == [2]
        narrow.settle()
        assert [row["seed"] for row in whole_lines(narrow.folder.aside)] == [1, 3]
    with study.folder.locked():
        study.begin()
        assert study.pending() == []
        assert [row["seed"] for row in study.settle()] == [1, 2, 3]
    assert whole_lines(study.folder.aside) == []


def test_tables_of_a_cell_that_comes_back_without_its_run(tiny: Path, tmp_path: Path) -> None:
    """Only the tables were carried here: a narrower grid must not cost the other cells theirs."""
    out = tmp_path / "out"
    study = study_of(tiny, out, "{seed: [1, 2, 3]}")
    with study.folder.locked():
        study.begin()
        finish(study, *study.cells)
        ids = [cell.id for cell in study.cells]
        points = [{"cell": id, "round": n, "score": f"0.{n}"} for id in ids for n in (0, 1)]
        study.folder.curves.write_text(as_csv(CURVE, points), encoding="utf-8")
        answers = "".join(f"{json.dumps({'cell': id, 'answers': [1]})}\n" for id in ids)
        study.folder.predictions.write_text(answers, encoding="utf-8")
        study.settle()
    before = study.folder.curves.read_bytes(), study.folder.predictions.read_bytes()
    narrow = study_of(tiny, out, "{seed: 2}")
    with narrow.folder.locked():
        narrow.begin()
        narrow.settle()
        narrow.settle()
        assert list(csv_rows(narrow.folder.curves)) == [ids[1]]
        assert [row["cell"] for row in whole_lines(narrow.folder.predictions)] == [ids[1]]
        assert list(csv_rows(out / "aside" / "curves.csv")) == [ids[0], ids[2]]
    with study.folder.locked():
        study.begin()
        study.settle()
    assert (study.folder.curves.read_bytes(), study.folder.predictions.read_bytes()) == before
    assert csv_rows(out / "aside" / "curves.csv") == {}
    assert whole_lines(out / "aside" / "predictions.jsonl") == []


def test_rows_in_the_order_of_the_cells_the_last_word_counts(tiny: Path, tmp_path: Path) -> None:
    study = study_of(tiny, tmp_path / "out", "{seed: [1, 2, 3]}")
    with study.folder.locked():
        study.begin()
        finish(study, study.cells[2], status="failed")
        finish(study, study.cells[1], study.cells[2], study.cells[0])
        rows = study.settle()
    assert [(row["seed"], row["status"]) for row in rows] == [(1, "done"), (2, "done"), (3, "done")]
    assert whole_lines(study.folder.results) == rows


def test_half_a_line_swallows_nothing(tiny: Path, tmp_path: Path) -> None:
    study = study_of(tiny, tmp_path / "out", "{seed: [1, 2]}")
    with study.folder.locked():
        study.begin()
        finish(study, study.cells[0])
        whole = study.folder.results.read_text(encoding="utf-8")
        study.folder.results.write_text(whole + whole[: len(whole) // 2], encoding="utf-8")
        study.begin()
        finish(study, study.cells[1])
        assert [row["seed"] for row in study.settle()] == [1, 2]


def test_empty_tables_have_their_columns(tiny: Path, tmp_path: Path) -> None:
    study = study_of(tiny, tmp_path / "out", "{}")
    with study.folder.locked():
        study.begin()
        assert study.settle() == []
    assert study.folder.curves.read_text(encoding="utf-8").startswith("cell,method,task,variant,")
    assert not study.folder.classes.exists()
    (cell,) = [json.loads(line) for line in study.folder.cells.read_text("utf-8").splitlines()]
    assert cell["run"] == f"runs/{cell['cell']}" and cell["budget"] == 40_000


def test_a_folder_with_other_things(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not empty"), StudyDir(tmp_path).locked():
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
