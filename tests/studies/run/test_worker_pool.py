"""Workers, failures, kills and interrupts: no cell is lost, none is run twice."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.store.run_dir import RunDir
from evokd.studies.run import cores
from evokd.studies.run import worker_pool as runner
from evokd.studies.run.progress import CellProgress
from evokd.studies.study import Study
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import every, status
from tests.studies.conftest import run_study, write_study

REPOSITORY = Path(__file__).resolve().parents[3]
WAIT_S = 120.0
MAY_DIFFER = ("billed_tokens", "wall_s")


def results(out: Path) -> list[dict[str, Any]]:
    text = (out / "results.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def comparable(out: Path) -> list[dict[str, Any]]:
    """What a killed and resumed study must have in common with a quiet one."""
    return [{k: v for k, v in row.items() if k not in MAY_DIFFER} for row in results(out)]


def ended_at(out: Path) -> dict[str, str]:
    return {run.name: RunDir(run).run()["ended_at"] for run in (out / "runs").iterdir()}


def study_file(tiny: Path, folder: Path) -> Path:
    from tests.studies.conftest import STUDY

    text = STUDY.format(kind="adaptability").replace("tiny.yaml", str(tiny / "tiny.yaml"))
    return write_study(folder, text=text)


def driver(file: Path, out: Path) -> subprocess.Popen[bytes]:
    """A driver that has the terminal's Ctrl-C for itself, as a shell's job has."""
    command = [sys.executable, "-m", "tests.studies.driver", str(file), str(out), "1"]
    return subprocess.Popen(command, cwd=REPOSITORY, start_new_session=True)


def wait_for_rows(out: Path, number: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        assert process.poll() is None, "the driver ended too soon"
        if (out / "results.jsonl").is_file() and len(results(out)) >= number:
            return
        time.sleep(0.01)
    raise AssertionError("no cell ended")


def test_four_cells_with_two_workers(quiet: Path) -> None:
    rows = results(quiet)
    assert [row["status"] for row in rows] == ["done"] * 4
    assert [(row["seed"], row["variant"]) for row in rows] == [
        (1, "full"), (1, "no_easy"), (2, "full"), (2, "no_easy"),
    ]  # fmt: skip
    for row in rows:
        assert RunDir.open(quiet / row["run"]).run()["status"] == "done"
        assert (quiet / row["run"] / "student").is_dir()
        assert not (quiet / row["run"] / "student_states").exists()
        assert row["reason"] == "3 rounds done" and not row["flat"]
        assert row["metric"] == "macro_f1" and row["score"] == row["macro_f1"]
    assert not rows[1]["switches"]["easy"]
    assert rows[0]["calls"] > rows[1]["calls"]


def test_finished_cells_are_not_run_again(tiny: Path, quiet: Path, tmp_path: Path) -> None:
    study = Study.load(study_file(tiny, tmp_path), out=quiet)
    before = ended_at(quiet)
    assert study.pending() == []
    with study.folder.locked():
        assert study.begin() is None
        assert study.work(study.pending())
    assert ended_at(quiet) == before


def test_a_killed_driver_loses_nothing(tiny: Path, quiet: Path, tmp_path: Path) -> None:
    file, out = study_file(tiny, tmp_path), tmp_path / "out"
    process = driver(file, out)
    wait_for_rows(out, 1, process)
    process.kill()
    process.wait(WAIT_S)
    done = len(results(out))
    assert done < 4
    before = {row["cell"]: ended_at(out)[row["cell"]] for row in results(out)}
    with (out / "results.jsonl").open("a", encoding="utf-8") as rows:
        rows.write('{"cell": "half a li')  # as a kill in the middle of a write leaves it
    run_study(file, out)
    assert comparable(out) == comparable(quiet)
    after = ended_at(out)
    assert {cell: after[cell] for cell in before} == before


def test_ctrl_c_ends_in_order(tiny: Path, quiet: Path, tmp_path: Path) -> None:
    file, out = study_file(tiny, tmp_path), tmp_path / "out"
    process = driver(file, out)
    wait_for_rows(out, 1, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(WAIT_S) == 130
    states = [RunDir(run).run()["status"] for run in (out / "runs").iterdir()]
    assert set(states) <= {"done", "interrupted"}
    assert len(results(out)) == states.count("done") < 4
    run_study(file, out)
    assert comparable(out) == comparable(quiet)


FAILING = """\
name: failing
kind: ablation
base: {base}
set: {{loop.rounds: 1}}
grid:
  variant:
    wild: {{student.lr: 1.0e+30, student.warm_up_epochs: 20}}
    tame: {{}}
    killed: {{loop.n_hard: 3}}
"""


def test_failures_are_rows_and_the_rest_goes_on(tiny: Path, tmp_path: Path) -> None:
    """One cell's training diverges, another's process is killed by the system."""
    out = tmp_path / "out"
    file = write_study(tmp_path, text=FAILING.format(base=tiny / "tiny.yaml"))
    study = Study.load(file, out=out)
    heard: list[str] = []

    def strike(news: CellProgress) -> None:
        heard.append(news.kind)
        if news.kind == "begun" and news.cell.axes.variant == "killed":
            (worker,) = [p for p in multiprocessing.active_children() if p.is_alive()]
            assert worker.pid is not None
            os.kill(worker.pid, signal.SIGKILL)

    with study.folder.locked():
        study.begin()
        assert study.work(study.pending(), hear=strike)
        wild, tame, killed = study.settle()
    assert (wild["status"], tame["status"], killed["status"]) == ("failed", "done", "failed")
    assert "training diverged" in wild["reason"]
    assert "SIGKILL" in killed["reason"]
    assert wild["macro_f1"] is None and wild["score"] is None
    assert heard.count("failed") == 2 and heard.count("done") == 1

    assert study.pending() == []
    again = {cell.axes.variant for cell in study.pending(retry_failed=True)}
    assert again == {"wild", "killed"}
    rows = {row["variant"]: row for row in run_study(file, out, retry_failed=True)}
    assert rows["killed"]["status"] == "done" and rows["wild"]["status"] == "failed"
    with (out / "curves.csv").open(encoding="utf-8", newline="") as curves:
        assert {row["variant"] for row in csv.DictReader(curves)} == {"tame", "killed"}


def test_workers_that_die_at_their_start(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken environment must not start processes for ever."""
    monkeypatch.setattr(runner, "serve", os.abort)  # takes no arguments: it fails at once
    study = Study.load(study_file(tiny, tmp_path), out=tmp_path / "out")
    with study.folder.locked():
        study.begin()
        with pytest.raises(RuntimeError, match="die at their start"):
            study.work(study.pending(), workers=2)
    assert not multiprocessing.active_children()


def test_embedded_teachers_need_cores_of_their_own(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "usable", lambda: [0, 1])
    text = f"name: e\nkind: few_shot\nbase: {tiny / 'tiny.yaml'}\ngrid: {{seed: [1, 2, 3]}}\n"
    study = Study.load(write_study(tmp_path, text=text), out=tmp_path / "out")
    runner.check_workers(study.cells, 8)  # scripted: workers may share cores
    embedded = "set: {teachers.default: {embedded: smollm2-135m}}\n"
    study = Study.load(write_study(tmp_path, text=text + embedded), out=tmp_path / "out")
    runner.check_workers(study.cells, 2)
    with pytest.raises(ConfigError, match="--workers: expected at most 2, got 3"):
        runner.check_workers(study.cells, 3)


def test_one_process_a_study(tiny: Path, tmp_path: Path) -> None:
    study = Study.load(study_file(tiny, tmp_path), out=tmp_path / "out")
    with (
        study.folder.locked(),
        pytest.raises(ConfigError, match="another process works on this study"),
        study.folder.locked(),
    ):
        pass


def test_cells_whose_server_refuses_everything_have_failed(tiny: Path, tmp_path: Path) -> None:
    """They are no results, nothing is drawn of them, and they can be tried again."""
    words = "The model takes no such texts."
    with FakeChat(Brain(("negative", "positive")), every(1, status(400, words))) as server:
        endpoint = f"{{model: fake, base_url: '{server.url}'}}"
        text = (
            f"name: refused\nkind: few_shot\nbase: {tiny / 'tiny.yaml'}\n"
            f"set: {{loop.rounds: 1, teachers: {{default: {endpoint}}}}}\n"
            "grid: {method: [evokd, zerogen, no_aug], seed: [1]}\n"
        )
        file, out = write_study(tmp_path, text=text), tmp_path / "out"
        rows = {row["method"]: row for row in run_study(file, out)}
        assert {name: row["status"] for name, row in rows.items()} == {
            "evokd": "failed", "zerogen": "failed", "no_aug": "done",
        }  # fmt: skip
        assert all(words in rows[name]["reason"] for name in ("evokd", "zerogen"))
        assert rows["zerogen"]["score"] is None
        study = Study.load(file, out=out)
        assert {cell.axes.method for cell in study.pending(retry_failed=True)} == {
            "evokd", "zerogen",
        }  # fmt: skip
        server.plan = lambda _: None
        again = run_study(file, out, retry_failed=True)
    assert [row["status"] for row in again] == ["done"] * 3
