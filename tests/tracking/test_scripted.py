"""A scripted run and a small scripted study, really told to MLflow and trackio, and read back."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("mlflow", reason="needs the extra: pip install 'evokd[mlflow]'")
pytest.importorskip("trackio", reason="needs the extra: pip install 'evokd[trackio]'")

import trackio

import evokd
from evokd.runs.run import read_run
from evokd.runs.totals import read_edges
from evokd.studies.run.folder import StudyDir
from tests.cli.tiny_run import lay_out
from tests.tracking.test_mlflow import client_of, history, runs_of
from tests.tracking.test_trackio import points

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

STUDY = """\
name: tracked-study
kind: few_shot
base: tiny.yaml
track: [mlflow, trackio]
set: {loop.rounds: 1}
grid: {seed: [1, 2]}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("tracked"))


def test_a_run(config: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = evokd.run(config, out=tmp_path / "run", set={"track": ["mlflow", "trackio"]})
    assert not [one for one in caplog.records if one.name == "evokd.tracking"]
    client = client_of(run.directory)
    (told,) = runs_of(client, "tiny")
    assert told.info.status == "FINISHED" and told.data.tags["evokd.run"] == run.info["id"]
    scores = [(line["round"], line["test.macro_f1"]) for line in run.to_dicts("metrics")]
    assert history(client, told, "test/macro_f1") == scores and len(scores) == 3
    spent = {f"tokens/{e.source}-to-{e.target}": e.billed
             for e in read_edges(read_run(run.directory)).edges if e.billed}  # fmt: skip
    assert {k: v for k, v in told.data.metrics.items() if "-to-" in k} == spent
    assert sum(spent.values()) == told.data.metrics["tokens/billed"]
    assert "cost/usd" not in told.data.metrics  # a scripted teacher has no price
    assert told.data.params["loop.rounds"] == "2"
    name = f"run-{run.info['id'][:6]}"
    assert points("tiny", name, "test/macro_f1") == scores
    assert points("tiny", name, "run/done")[-1][1] == 1

    with pytest.raises(evokd.ConfigError, match=r"set loop\.rounds"):
        evokd.resume(run.directory, set={"budget.tokens": 1})
    evokd.resume(run.directory, set={"loop.rounds": 3})
    (told,) = runs_of(client, "tiny")
    assert [step for step, _ in history(client, told, "test/macro_f1")] == [0, 1, 2, 3]
    assert told.info.status == "FINISHED" and told.data.tags["config.loop.rounds"] == "3"
    assert [step for step, _ in points("tiny", name, "test/macro_f1")] == [0, 1, 2, 3]


def test_a_study(config: Path, tmp_path: Path) -> None:
    file = config.with_name("study.yaml")
    file.write_text(STUDY, encoding="utf-8")
    study = evokd.study(file, out=tmp_path / "study", workers=2)
    assert study.failed == [] and len(study.runs) == 2
    client = client_of(study.directory)
    by_name = {run.info.run_name: run for run in runs_of(client, "tracked-study")}
    whole = [run for name, run in by_name.items() if name.startswith("study-")]
    cells = {run.data.tags["evokd.run"]: run for run in by_name.values() if run not in whole}
    assert cells.keys() == {run.info["id"] for run in study.runs.values()}
    assert {run.data.tags["evokd.study"] for run in by_name.values()} == {"tracked-study"}
    assert {run.info.status for run in by_name.values()} == {"FINISHED"}
    figures = client.list_artifacts(whole[0].info.run_id, "figures")
    drawn = StudyDir(study.directory).path / "figures"
    assert {Path(one.path).name for one in figures} == {one.name for one in drawn.glob("*.png")}
    assert figures and whole[0].data.tags["evokd.reason"] == "2 of 2 cells done, 0 failed"
    runs = {run.name: run.config for run in trackio.Api().runs("tracked-study")}
    assert runs.keys() == by_name.keys()
    assert {one["_Group"] for one in runs.values()} == {"tracked-study"}
    assert {one["status"] for one in runs.values()} == {"done"}
