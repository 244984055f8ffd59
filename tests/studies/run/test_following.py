"""Cells that take another cell's run: begun after it, given its folder, and lost with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.studies.run.progress import CellProgress
from evokd.studies.run.record import JsonRow, result_row
from evokd.studies.run.worker import Job, Terms, run_config
from evokd.studies.run.worker_pool import job_of
from evokd.studies.study import Study
from graph.methods.static import Static
from tests.studies.conftest import write_study

STUDY = """\
name: following
kind: ablation
base: {base}
set: {{loop.rounds: 1}}
grid: {{method: [static, evokd], seed: [1, 2]}}
"""


@pytest.fixture
def study(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """`static` follows `evokd`, as far as the driver knows; a worker refuses `methods.static`."""
    monkeypatch.setattr(Static, "follows", "evokd")
    file = write_study(tmp_path, text=STUDY.format(base=tiny / "tiny.yaml"))
    return Study.load(file, out=tmp_path / "out")


def work(study: Study, begun: list[str], workers: int) -> list[JsonRow]:
    def hear(news: CellProgress) -> None:
        if news.kind == "begun":
            begun.append(news.cell.id)

    with study.folder.locked():
        study.begin()
        assert study.work(study.pending(), workers=workers, hear=hear)
        return study.settle()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cell_is_begun_after_the_one_it_follows(study: Study, workers: int) -> None:
    begun: list[str] = []
    rows = {(row["method"], row["seed"]): row for row in work(study, begun, workers)}
    places = {id: place for place, id in enumerate(begun)}
    for seed, other in ((1, 2), (2, 1)):
        own, leader = rows["static", seed], rows["evokd", other]
        assert own["follows"] == leader["cell"] and leader["status"] == "done"
        assert places[leader["cell"]] < places[own["cell"]]
        assert own["status"] == "failed" and "methods.static" in own["reason"], "it was given a run"


def test_what_lost_its_leader_is_a_row_that_says_so(study: Study) -> None:
    with study.folder.locked():  # an earlier start in which both failed
        study.begin()
        for cell in study.cells:
            if cell.axes.method == "evokd":
                where = study.folder.relative(cell)
                run = study.folder.run(cell)
                study.folder.append(result_row(cell, run, "failed", "gone", where))
    begun: list[str] = []
    rows = [row for row in work(study, begun, 1) if row["method"] == "static"]
    assert begun == []
    assert {row["status"] for row in rows} == {"failed"}
    for row in rows:
        assert row["reason"] == f"it takes the run of cell {row['follows']}, which did not finish"


def test_it_is_given_the_folder(study: Study) -> None:
    cell = next(cell for cell in study.cells if cell.follows is not None)
    job: Job = job_of(study.folder, cell, Terms())
    assert job.takes == f"runs/{cell.follows}"
    given = run_config(job)
    assert given.methods["static"] == {"run": str(study.folder.path / job.takes)}
    assert run_config(Job(cell, study.folder.path, "runs/x")) == cell.config
