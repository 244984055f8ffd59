"""Folders from before ids said what made a cell: finished cells are kept, the rest is run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from evokd.studies.report.results import read_results
from evokd.studies.report.tables import all_tables, lead
from evokd.studies.study import Study
from graph.methods.evokd import EvoKD
from tests.studies.conftest import STUDY, run_study, write_study

NEW = (
    *("area", "filled", "refits", "last_score", "last_sd", "refit_area", "refit_area_sd"),
    *("label_accuracy", "judge_accuracy", "reference", "revision", "pack_sha", "follows"),
)
"""Columns that an old folder lacks."""


def study_file(tiny: Path, folder: Path) -> Path:
    text = STUDY.format(kind="adaptability").replace("tiny.yaml", str(tiny / "tiny.yaml"))
    return write_study(folder, text=text)


def aged(quiet: Path, study: Study) -> Path:
    """The quiet study's folder as an older version left it: three cells done, one half done."""
    out = study.folder.path
    shutil.copytree(quiet, out, dirs_exist_ok=True)
    old = {cell.id: cell.old_id for cell in study.cells}
    rows = [json.loads(line) for line in (quiet / "results.jsonl").read_text("utf-8").splitlines()]
    for name in ("predictions.jsonl", "references.jsonl"):
        (out / name).unlink()
    lines: list[dict[str, Any]] = []
    for place, row in enumerate(rows):
        id = old[row["cell"]]
        (out / "runs" / row["cell"]).rename(out / "runs" / id)
        (out / "runs" / id / "test_predictions.json").unlink()
        if place < 3:
            kept = {key: value for key, value in row.items() if key not in NEW}
            lines.append({**kept, "cell": id, "run": f"runs/{id}"})
    (out / "results.jsonl").write_text(
        "".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8"
    )
    for name in ("cells.jsonl", "curves.csv", "classes.csv"):
        text = (out / name).read_text(encoding="utf-8")
        for new, before in old.items():
            text = text.replace(new, before)
        (out / name).write_text(text, encoding="utf-8")
    return out


def test_an_old_folder_is_read_as_it_is(tiny: Path, quiet: Path, tmp_path: Path) -> None:
    study = Study.load(study_file(tiny, tmp_path), out=tmp_path / "out")
    out = aged(quiet, study)
    read = read_results(out)
    assert len(read.done) == 3 and len(read.points) == 12
    assert all_tables(read)
    said = " ".join(lead(read))
    assert "3 of the cells done were made by an unknown revision of method and prompts." in said


def test_its_finished_cells_are_kept_and_the_rest_is_run(
    tiny: Path, quiet: Path, tmp_path: Path
) -> None:
    file = study_file(tiny, tmp_path)
    out = aged(quiet, Study.load(file, out=tmp_path / "out"))
    study = Study.load(file, out=out)
    assert study.unknown == 3
    (left,) = study.pending()
    assert left.made_by is not None and left.id != left.old_id
    rows = run_study(file, out)
    assert [row["status"] for row in rows] == ["done"] * 4
    assert [row.get("revision") for row in rows] == [None, None, None, EvoKD.revision]
    assert rows[3]["cell"] == left.id
    again = Study.load(file, out=out)
    assert again.pending() == [] and again.unknown == 3
    whole = read_results(out)
    assert len(whole.done) == 4 and len(whole.points) == 16


def test_a_cell_that_is_there_in_both_ways_is_the_new_one(
    tiny: Path, quiet: Path, tmp_path: Path
) -> None:
    file = study_file(tiny, tmp_path)
    out = aged(quiet, Study.load(file, out=tmp_path / "out"))
    new = (quiet / "results.jsonl").read_text(encoding="utf-8").splitlines()[0]
    with (out / "results.jsonl").open("a", encoding="utf-8") as rows:
        rows.write(f"{new}\n")
    study = Study.load(file, out=out)
    assert study.unknown == 2 and study.cells[0].made_by is not None
