"""What policies would have kept of stored rows: chosen as in a run, fitted once, in the report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from evokd.config import KeepConfig
from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.grid.config import MeasureConfig
from evokd.studies.report.report import write_report
from evokd.studies.run.refit_keeps import KEEPS, lacks_keeps, refit_keeps
from evokd.studies.run.refits import FinishedCell
from evokd.studies.run.would_keep import would_keep
from evokd.tasks.task import load_task
from graph.session import start
from tests.studies.conftest import run_study, write_study

STUDY = """\
name: keeps
kind: ablation
base: {base}
set:
  loop.rounds: 2
  budget.tokens: null
  student: {{model: {model}, max_length: 32, steps: 4, threads: 1}}
study:
  keep_refits: 2
  refit_keeps:
    half: {{policy: uniform, share: 0.5}}
    hard: {{policy: loss, share: 0.5}}
    worth: {{policy: knn_shapley, per_class: 1}}
grid:
  method: [evokd]
  seed: [1]
  variant:
    full: {{}}
    kept: {{loop.keep: {{policy: uniform, share: 0.5}}}}
"""
HARD = KeepConfig(policy="loss", share=0.5)


@pytest.fixture(scope="module")
def done(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("keeps") / "out"
    text = STUDY.format(base=tiny / "tiny.yaml", model=tiny / "base")
    run_study(write_study(tmp_path_factory.mktemp("file"), text=text), out)
    return out


def cell_of(done: Path, variant: str) -> tuple[dict[str, object], FinishedCell]:
    row = next(r for r in read_lines(done / "results.jsonl") if r["variant"] == variant)
    run = RunDir.open(done / str(row["run"]))
    return row, FinishedCell(run.config(), load_task(run.config().task), run)


def test_rows_are_chosen_round_by_round_and_held_against_chance(done: Path) -> None:
    row, cell = cell_of(done, "full")
    keeps = row["keeps"]
    assert isinstance(keeps, dict)
    assert keeps["half"]["score"] == keeps["half"]["random"]
    assert keeps["half"]["rows"] == keeps["hard"]["rows"] < keeps["half"]["of"] == len(cell.rows)
    chosen = would_keep(cell, HARD, "study.refit_keeps.hard")
    for number in (1, 2):
        own = [one for written, one in cell.rows if written == number]
        assert len(chosen & {one.id for one in own}) == max(1, round(len(own) / 2))
    # uniform and loss by share, knn_shapley and uniform by class, all: each fitted once
    lines = read_lines(cell.run.path / KEEPS)
    assert len(lines) == 2 * 5
    assert row["last_score"] is None  # the cell's score is its own student's


def test_a_run_that_keeps_lets_the_same_rows_stay(done: Path, tmp_path: Path) -> None:
    """Lots need no student: what a run with `loop.keep` keeps is what the screening keeps."""
    _, cell = cell_of(done, "full")
    keep = KeepConfig(policy="uniform", share=0.5)
    loop = cell.config.loop.model_copy(update={"keep": keep, "rounds": 1})
    config = cell.config.model_copy(update={"loop": loop})
    assert start(config, tmp_path / "run").status == "done"
    kept = {row["row"] for row in read_lines(tmp_path / "run" / "synthetic.jsonl") if row["kept"]}
    first = {row.id for number, row in cell.rows if number == 1}
    assert kept == would_keep(cell, keep, "here") & first


def test_a_cell_that_chose_its_rows_is_not_screened_and_refits_those_alone(done: Path) -> None:
    row, cell = cell_of(done, "kept")
    keeps = row["keeps"]
    assert isinstance(keeps, dict)
    assert keeps["hard"]["score"] is None and "loop.keep" in keeps["hard"]["reason"]
    assert row["kept"] == len(cell.rows) < int(str(row["accepted"]))
    assert {one["kept"] for one in cell.stored} == {True}


def test_what_is_on_record_is_not_fitted_again(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row, cell = cell_of(done, "full")
    hard = {"hard": HARD}
    assert not lacks_keeps(row, hard, 2) and lacks_keeps(row, hard, 3)
    assert lacks_keeps(row, {"hard": KeepConfig(policy="loss", share=0.25)}, 2)
    monkeypatch.setattr("evokd.studies.run.refit_keeps.refit", None)
    found = refit_keeps(cell, hard, 2)["keeps"]
    assert found["hard"] == row["keeps"]["hard"]  # type: ignore[index]


def test_the_report_shows_them(done: Path) -> None:
    write_report(done)
    page = (done / "tables.md").read_text(encoding="utf-8")
    assert "what policies would have kept of the same rows" in page
    assert re.search(r"\| hard \| [45]\d % \| 1 \|", page)
    assert "Not screened: " in page and "the run chose its rows itself" in page
    assert "| accepted | kept |" in page


def test_scores_of_the_walk_are_the_same_again(done: Path) -> None:
    _, cell = cell_of(done, "full")
    first = would_keep(cell, HARD, "a")
    torch.manual_seed(99)  # nothing may hang on it
    assert would_keep(cell, HARD, "b") == first


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"keep_refits": 1}, "keep_refits"),
        ({"refit_keeps": {"a": {"policy": "mir", "share": 0.5}}}, "expected one of"),
        ({"refit_keeps": {"a": {"policy": "los", "share": 0.5}}}, "did you mean"),
        ({"refit_keeps": {"a": {"policy": "loss"}}}, "`share` or `per_class`"),
    ],
)
def test_keeps_that_cannot_be(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MeasureConfig.model_validate(given)
