"""Other students on stored rows: fitted once, from the same seeds, at no tokens, in the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.grid.config import MeasureConfig
from evokd.studies.report.report import write_report
from evokd.studies.run.refit_students import STUDENTS, missing, refit_students
from evokd.studies.run.refits import FinishedCell, stored_distributions
from evokd.tasks.task import load_task
from tests.studies.conftest import run_study, write_study

STUDY = """\
name: students
kind: ablation
base: {base}
set:
  loop.rounds: 1
  budget.tokens: null
  teachers.labeler: [{{scripted: true}}, {{scripted: true}}]
  student: {{model: {model}, max_length: 32, update: retrain, steps: 4, threads: 1}}
study:
  refits: 2
  refit_students: {{soft: {{student.targets: soft}}, same: {{student.weights: none}}}}
grid: {{method: [evokd, zerogen], seed: [1]}}
"""


@pytest.fixture(scope="module")
def done(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("students") / "out"
    text = STUDY.format(base=tiny / "tiny.yaml", model=tiny / "base")
    run_study(write_study(tmp_path_factory.mktemp("file"), text=text), out)
    return out


def test_the_same_settings_give_the_cells_own_refits(done: Path) -> None:
    evokd, zerogen = read_lines(done / "results.jsonl")
    assert evokd["status"] == zerogen["status"] == "done"
    for row in (evokd, zerogen):
        assert row["students"]["same"]["score"] == pytest.approx(row["last_score"])
    assert 0 <= evokd["students"]["soft"]["score"] <= 1
    assert zerogen["students"]["soft"]["score"] is None
    assert "no row of" in zerogen["students"]["soft"]["reason"]
    assert len(read_lines(done / evokd["run"] / STUDENTS)) == 4


def test_what_is_on_record_is_not_fitted_again(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evokd = read_lines(done / "results.jsonl")[0]
    run = RunDir.open(done / evokd["run"])
    cell = FinishedCell(run.config(), load_task(run.config().task), run)
    soft = {"soft": {"student.targets": "soft"}}
    assert not missing(evokd, soft, 2) and missing(evokd, soft, 3)
    assert missing(evokd, {"soft": {"student.targets": "soft", "student.temperature": 2}}, 2)
    monkeypatch.setattr("evokd.studies.run.refit_students.refit", None)
    assert refit_students(cell, soft, 2)["students"]["soft"] == evokd["students"]["soft"]


def test_rows_from_before_distributions_teach_what_their_votes_come_to(done: Path) -> None:
    evokd = read_lines(done / "results.jsonl")[0]
    run = RunDir.open(done / evokd["run"])
    settings = run.config()
    cell = FinishedCell(settings, load_task(settings.task), run)
    older = FinishedCell(settings, cell.task, run)
    bare = [{k: v for k, v in row.items() if k != "distribution"} for row in cell.stored]
    vars(older)["stored"] = bare  # in place of the property's value
    assert stored_distributions(older) == stored_distributions(cell) != {}


def test_the_report_shows_them(done: Path) -> None:
    write_report(done)
    page = (done / "tables.md").read_text(encoding="utf-8")
    assert "other students on the same rows" in page and "| soft |" in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"refit_students": {"a": {"student.lr": 1}}}, "needs `refits: 2`"),
        ({"refits": 2, "refit_students": {"a": {"loop.rounds": 1}}}, "settings of the student"),
        ({"refits": 2, "refit_students": {"a": {}}}, "settings of the student"),
    ],
)
def test_students_that_cannot_be(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MeasureConfig.model_validate(given)
