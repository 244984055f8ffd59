"""What is measured of finished cells: refits, labels, the teacher itself; and taken up again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.studies.grid.cells import Cell
from evokd.studies.grid.config import MeasureConfig
from evokd.studies.report.comparisons import comparisons
from evokd.studies.report.report import write_report
from evokd.studies.report.results import read_results
from evokd.studies.report.sampled_rows import sampled_lines
from evokd.studies.run import refits
from evokd.studies.run.measure import measure
from evokd.studies.run.refits import REFITS, FinishedCell, refit_all
from evokd.studies.run.teacher_reference import held_out_sample, teacher_reference
from evokd.studies.run.worker import Terms, work_on
from evokd.studies.run.worker_pool import job_of
from evokd.studies.study import Study
from evokd.tasks.predictions import TestPredictions
from evokd.tasks.task import draw_shots, load_task
from evokd.tasks.text import normalise
from graph.methods import METHODS
from tests.studies.conftest import run_study, write_study

STUDY = """\
name: measured
kind: ablation
base: {base}
set:
  loop.rounds: null
  student: {{model: {model}, max_length: 32, update: retrain, steps: 4, threads: 1}}
study: {{refits: 2, judge: true, teacher_reference: 4}}
grid: {{method: [evokd, no_aug, full_shot], seed: [1, 2], budget: 4000}}
"""


def text(tiny: Path) -> str:
    return STUDY.format(base=tiny / "tiny.yaml", model=tiny / "base")


@pytest.fixture(scope="module")
def measured(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a study that measures everything."""
    out = tmp_path_factory.mktemp("measured") / "out"
    run_study(write_study(tmp_path_factory.mktemp("file"), text=text(tiny)), out)
    return out


def rows_of(out: Path) -> list[dict[str, Any]]:
    return read_lines(out / "results.jsonl")


def study_of(tiny: Path, tmp_path: Path, out: Path) -> Study:
    return Study.load(write_study(tmp_path, text=text(tiny)), out=out)


def test_columns(measured: Path) -> None:
    rows = rows_of(measured)
    assert [(r["method"], r["status"]) for r in rows] == [
        *[("evokd", "done"), ("no_aug", "done"), ("full_shot", "done")] * 2
    ]
    for row in rows:
        assert row["refits"] == 2 and 0 <= row["last_score"] <= 1 and row["last_sd"] >= 0
        assert 0 <= row["judge_accuracy"] <= 1 and row["refit_area"] is None
        assert row["revision"] == METHODS[row["method"]].revision and row["reference"]
        assert (row["label_accuracy"] is None) == (not row["accepted"])
        assert row["area"] is not None and (row["filled"] is None) == (row["method"] != "evokd")
        scores = [one["scores"]["macro_f1"] for one in read_lines(measured / row["run"] / REFITS)]
        assert row["last_score"] == pytest.approx(sum(scores) / 2)
    assert rows[0]["pack_sha"] and rows[1]["pack_sha"] is None
    assert rows[0]["rounds"] > 1 and rows[0]["reason"] == "budget.tokens is reached"


def test_answers_are_those_of_the_scores(measured: Path) -> None:
    for row in rows_of(measured):
        kept = TestPredictions.read(measured / row["run"] / "test_predictions.json")
        assert kept is not None
        assert kept.predicted.keys() == {"final", "refit-1", "refit-2"}
        final = [a == g for a, g in zip(kept.predicted["final"], kept.gold, strict=True)]
        assert sum(final) / len(final) == pytest.approx(row["accuracy"])
    read = read_results(measured)
    assert read.predictions.keys() == {row["cell"] for row in rows_of(measured)}
    (family,) = comparisons(read)
    lines = {one.line.method: one for one in sampled_lines(read, family)}
    assert lines.keys() == {"evokd", "no_aug"} and lines["no_aug"].n == 2
    assert lines["no_aug"].difference is not None


def test_seeds_of_refits_are_shared_by_the_arms_of_a_seed(
    measured: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(tiny, tmp_path, measured)
    seen: dict[tuple[str, int], list[int]] = {}
    plans: list[tuple[int, int]] = []

    def spy(plan: Any, encoder: Any, *, seed: int) -> None:
        plans.append((encoder.seed, seed))
        steps = sum(phase.steps or 0 for phase in plan.phases)
        assert plan.start == "base"
        seen.setdefault((cell.axes.method, cell.axes.seed), []).append(steps)

    monkeypatch.setattr(refits, "run_plan", spy)
    for cell in study.cells:
        finished = FinishedCell(cell.config, load_task(cell.config.task), study.folder.run(cell))
        for number in (1, 2):
            refits.refit(finished, finished.last, number)
    assert len(set(plans)) == 2 * 2, "of study seed and number alone"
    assert all(fit == 1000 * head for head, fit in plans)
    # equal steps for the arms; the reference trains by epochs
    assert seen["evokd", 1] == seen["no_aug", 1] == [4, 4]
    assert seen["full_shot", 1] == [0, 0]


def copy_of(measured: Path, cell: Cell, tmp_path: Path) -> FinishedCell:
    run = RunDir(Path(shutil.copytree(measured / "runs" / cell.id, tmp_path / "run")))
    return FinishedCell(cell.config, load_task(cell.config.task), run)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    done: list[tuple[int, int]] = []
    real: Callable[[FinishedCell, int, int], list[str]] = refits.refit

    def spy(cell: FinishedCell, number: int, refit_number: int) -> list[str]:
        done.append((refit_number, number))
        return real(cell, number, refit_number)

    monkeypatch.setattr(refits, "refit", spy)
    return done


def test_only_what_is_missing_is_fitted(
    measured: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = study_of(tiny, tmp_path, measured).cells[0]
    finished, done = copy_of(measured, cell, tmp_path), counted(monkeypatch)
    before = next(row for row in rows_of(measured) if row["cell"] == cell.id)
    again = refit_all(finished, 2, whole_curve=False)
    assert done == [] and again["last_score"] == before["last_score"]
    file = finished.run.path / REFITS
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[: len(whole) - 9], encoding="utf-8")  # as a kill leaves it
    assert refit_all(finished, 2, whole_curve=False) == again
    assert done == [(2, finished.last)]
    assert len(read_lines(file)) == 2


def test_the_whole_curve_refitted(
    measured: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = study_of(tiny, tmp_path, measured).cells[0]
    finished, done = copy_of(measured, cell, tmp_path), counted(monkeypatch)
    columns = refit_all(finished, 2, whole_curve=True)
    assert 0 <= columns["refit_area"] <= 1 and columns["refit_area_sd"] is not None
    needed = finished.scored_rounds(whole_curve=True)
    assert needed[-1] == finished.last
    assert sorted(done) == [(n, r) for n in (1, 2) for r in needed if r != finished.last]


def test_labels_are_judged_by_one_student_a_seed(measured: Path) -> None:
    judges = sorted((measured / "judges").iterdir())
    assert len(judges) == 2, "three methods share the one of their seed"
    accuracies = {json.loads((j / "judge.json").read_text("utf-8"))["accuracy"] for j in judges}
    assert {row["judge_accuracy"] for row in rows_of(measured)} == accuracies
    for judge in judges:
        assert (judge / "student" / "model.safetensors").is_file()


def test_the_teacher_is_asked_once_and_apart_from_the_books(measured: Path) -> None:
    (line,) = read_lines(measured / "references.jsonl")
    assert line["rows"] == 4 and line["teacher"] == "scripted" and line["pack"] == "evokd"
    assert 0 <= line["score"] <= 1 and line["calls"] >= 1 and line["tokens"] > 0
    assert {row["reference"] for row in rows_of(measured)} == {line["reference"]}
    for row in rows_of(measured):
        if row["method"] != "evokd":
            assert row["billed_tokens"] == 0
    with closing(
        connect_read_only(measured / "references" / line["reference"] / "ledger.sqlite")
    ) as db:
        agents = db.execute("SELECT DISTINCT agent, target FROM calls").fetchall()
    assert [tuple(one) for one in agents] == [("labeler", "labeler")]


def test_a_killed_reference_pays_for_no_answer_twice(
    measured: Path, tiny: Path, tmp_path: Path
) -> None:
    cell = study_of(tiny, tmp_path, measured).cells[0]
    task = load_task(cell.config.task)
    copy = Path(shutil.copytree(measured / "references", tmp_path / "references")).parent
    name = next(one.name for one in (copy / "references").iterdir() if one.is_dir())
    result = copy / "references" / name / "reference.json"
    before = json.loads(result.read_text(encoding="utf-8"))
    result.unlink()
    assert teacher_reference(cell.config, task, copy, 4, [(1, 1), (1, 2)]) == name
    assert json.loads(result.read_text(encoding="utf-8")) == before


def test_the_sample_is_held_out(tiny: Path, tmp_path: Path, measured: Path) -> None:
    cell = study_of(tiny, tmp_path, measured).cells[0]
    task = load_task(cell.config.task)
    shots = {row.id for seed in (1, 2) for row in draw_shots(task, 1, seed)}
    sample = held_out_sample(task, 100, [(1, 1), (1, 2)])
    assert not shots & {row.id for row in sample}
    assert not {normalise(row.text) for row in task.test} & {normalise(row.text) for row in sample}
    assert len(sample) == len(task.train) - len(shots)
    assert held_out_sample(task, 3, [(1, 1), (1, 2)]) == sample[:3]


def test_more_refits_are_made_of_finished_cells(measured: Path, tiny: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(measured, tmp_path / "out"))
    wanted = text(tiny).replace("refits: 2", "refits: 3")
    study = Study.load(write_study(tmp_path, text=wanted), out=out)
    assert [c.id for c in study.pending()] == [c.id for c in study.cells]
    before = {row["cell"]: row for row in rows_of(out)}
    ended = {row["cell"]: RunDir(out / row["run"]).run()["ended_at"] for row in rows_of(out)}
    for row in run_study(write_study(tmp_path, text=wanted), out):
        assert row["refits"] == 3 and row["status"] == "done"
        assert row["billed_tokens"] == before[row["cell"]]["billed_tokens"]
        assert RunDir(out / row["run"]).run()["ended_at"] == ended[row["cell"]], "not run again"
        assert len(read_lines(out / row["run"] / REFITS)) == 3
    assert Study.load(write_study(tmp_path, text=wanted), out=out).pending() == []


def test_dropped_students_drop_their_judges(measured: Path, tiny: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(measured, tmp_path / "out"))
    wanted = f"{text(tiny)}keep_students: false\n"
    study = Study.load(write_study(tmp_path, text=wanted), out=out)
    assert study.pending() == []
    with study.folder.locked():
        study.begin()
        study.settle()
    assert not list((out / "judges").glob("*/student"))
    assert len(list((out / "judges").glob("*/judge.json"))) == 2


def test_nothing_is_measured_that_nobody_asked_for(quiet: Path) -> None:
    for row in rows_of(quiet):
        assert (
            row["refits"] is row["last_score"] is row["judge_accuracy"] is row["reference"] is None
        )
        assert (quiet / row["run"] / "test_predictions.json").is_file()
        assert row["area"] is None and 0 < row["filled"] < 0.97, "three rounds ended it"
    assert not (quiet / "judges").exists() and not (quiet / "references").exists()


def test_the_report_shows_it(measured: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(measured, tmp_path / "out"))
    write_report(out)
    page = (out / "tables.md").read_text(encoding="utf-8")
    for said in ("area ± sd", "labels right", "sd of a fit", "The teachers themselves"):
        assert said in page


def test_a_diverging_refit_fails_the_cell(measured: Path, tiny: Path, tmp_path: Path) -> None:
    cell = study_of(tiny, tmp_path, measured).cells[0]
    finished = copy_of(measured, cell, tmp_path)
    wild = cell.config.model_copy(
        update={"student": cell.config.student.model_copy(update={"lr": 1e30, "steps": 40})}
    )
    with pytest.raises(Exception, match="training diverged"):
        measure(wild, finished.run, tmp_path, MeasureConfig(refits=9), {"area": None})


def test_a_curve_without_an_area_has_none_of_refits(
    measured: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = study_of(tiny, tmp_path, measured).cells[0]
    finished, done = copy_of(measured, cell, tmp_path), counted(monkeypatch)
    asked = MeasureConfig(refits=2, refit_rounds="all")
    columns = measure(cell.config, finished.run, tmp_path, asked, {"area": None})
    assert done == [] and columns["refits"] == 2 and "refit_area" not in columns


def test_an_interrupt_at_the_very_end_of_a_run_leaves_the_measures_for_later(
    measured: Path, tiny: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(measured, tmp_path / "out"))
    study = study_of(tiny, tmp_path, out)
    cell = study.cells[0]
    run = study.folder.run(cell)
    (run.path / REFITS).unlink()
    job = job_of(study.folder, cell, Terms.of(study.config, study.cells))
    assert work_on(job, lambda _: None, lambda: True) is None
    assert not (run.path / REFITS).exists()
    row = work_on(job, lambda _: None)
    assert row is not None and row["refits"] == 2 and (run.path / REFITS).is_file()
