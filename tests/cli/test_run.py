from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import Result

from evokd.api import sources
from evokd.cli import run as run_module
from evokd.cli.progress import Progress
from evokd.store.events import Event, Scored
from evokd.store.run_dir import RunDir, read_lines
from graph.driving import Outcome
from tests.cli.conftest import Evokd

ROOT = Path(__file__).parents[2]
EVOKD = [sys.executable, "-c", "from evokd.cli import main; main()"]


def test_run_tells_its_progress_in_plain_lines(finished: tuple[Path, Result]) -> None:
    _, result = finished
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.stdout
    assert re.search(r"^ +\d\d:\d\d  round 1  labeler +\d calls?, ", result.stdout, re.MULTILINE)
    assert "round 2  scores" in result.stdout
    assert "stopped  done: 2 rounds done" in result.stdout


def test_summary_says_what_it_brought_and_cost(finished: tuple[Path, Result]) -> None:
    out, result = finished
    assert "test macro-F1" in result.stdout
    assert "analyst → hard_generator" in result.stdout
    assert "done: 2 rounds done" in result.stdout
    assert f"student: {out}/student" in " ".join(result.stdout.split())
    assert all(len(line) <= 80 for line in _after(result.stdout, "stopped").splitlines())


def test_done_run_is_left_alone(evokd: Evokd, run_dir: Path) -> None:
    before = (run_dir / "ledger.sqlite").read_bytes()
    result = evokd("resume", run_dir)
    assert result.exit_code == 0
    assert "nothing is left to do" in result.stdout
    assert (run_dir / "ledger.sqlite").read_bytes() == before


def test_budget_ends_a_run_in_order(evokd: Evokd, config: Path, tmp_path: Path) -> None:
    sets = ["--set", "loop.rounds=null", "--set", "budget.tokens=3000"]
    result = evokd("run", config, "--out", tmp_path / "out", *sets)
    assert result.exit_code == 0, result.output
    assert "done: budget.tokens is reached" in result.stdout
    assert RunDir(tmp_path / "out").run()["status"] == "done"


def test_out_that_holds_another_run(evokd: Evokd, config: Path, run_dir: Path) -> None:
    before = sorted(run_dir.rglob("*"))
    result = evokd("run", config, "--out", run_dir)
    assert result.exit_code == 2
    assert "--out" in result.stderr and "not empty" in result.stderr
    assert sorted(run_dir.rglob("*")) == before


def test_default_out_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Frozen:
        @staticmethod
        def now(zone: object) -> datetime:
            return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    monkeypatch.setattr(sources, "datetime", Frozen)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: sources.claimed(tmp_path / "runs", "demo"), range(8)))
    first = "demo-20260102-030405"
    assert {path.name for path in taken} == {first, *(f"{first}-{n}" for n in range(2, 9))}
    assert all(path.is_dir() for path in taken)


def test_a_run_that_is_refused_leaves_no_folder(
    evokd: Evokd, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert evokd("run", config, "--set", "task.shots=1000").exit_code == 2
    assert not (tmp_path / "runs").exists()
    nobody = "teachers.default={model: m, base_url: 'http://127.0.0.1:9/v1'}"
    assert evokd("run", config, "--set", nobody).exit_code == 2
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.slow
def test_three_runs_at_once_are_three_runs(config: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(ROOT)}
    command = [*EVOKD, "run", str(config), "--set", "method=no_aug", "--set"]
    started = [
        subprocess.Popen([*command, f"seed={seed}"], cwd=tmp_path, env=env, stderr=subprocess.PIPE)
        for seed in (1, 2, 3)
    ]
    for process in started:
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
    runs = [RunDir.open(path) for path in (tmp_path / "runs").iterdir()]
    assert sorted(run.run()["seed"] for run in runs) == [1, 2, 3]
    assert all(run.config().seed == run.run()["seed"] for run in runs)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [("failed", 1, "the run failed"), ("interrupted", 130, "evokd resume"), ("done", 0, "")],
)
def test_outcome_gives_the_exit_code(
    evokd: Evokd, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    status: str, code: int, said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(run_module, "start", lambda *_: Outcome(status, "a reason"))
    monkeypatch.setattr(run_module, "show_summary", lambda *_: None)
    result = evokd("run", config, "--out", tmp_path / "out")
    assert result.exit_code == code
    assert said in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("two\nlines"), 1, "unexpected RuntimeError: two lines"),
    ],
)
def test_exceptions_leave_no_traceback(
    evokd: Evokd, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    error: BaseException, code: int, said: str,
) -> None:  # fmt: skip
    def fail(*_: object) -> Outcome:
        raise error

    monkeypatch.setattr(run_module, "start", fail)
    result = evokd("run", config, "--out", tmp_path / "out")
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output
    if code == 1:
        assert "EVOKD_DEBUG=1" in result.stderr
        monkeypatch.setenv("EVOKD_DEBUG", "1")
        again = evokd("run", config, "--out", tmp_path / "out")
        assert again.exit_code == 1 and "Traceback" in again.stderr


def test_interrupt_in_order_and_resume(
    evokd: Evokd, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Impatient(Progress):
        def __call__(self, event: Event) -> None:
            super().__call__(event)
            if isinstance(event, Scored) and event.round == 1:
                os.kill(os.getpid(), signal.SIGINT)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "Progress", Impatient)
        result = evokd("run", config, "--out", out)
    assert result.exit_code == 130, result.output
    assert f"evokd resume {out}" in result.stderr
    asked = result.stdout.index("interrupt  stopping after this step; again to abort it")
    assert result.stdout.index("round 1  scores") < asked < result.stdout.index("stopped  ")
    assert RunDir(out).run()["status"] == "interrupted"
    again = evokd("resume", out)
    assert again.exit_code == 0, again.output
    assert [line["round"] for line in read_lines(out / "metrics.jsonl")] == [0, 1, 2]
    told = evokd("trace", out)
    assert told.exit_code == 0, told.output
    assert told.stdout.count("round 2\n") == 1


@pytest.mark.slow
def test_ctrl_c_of_a_process(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sets = ["--set", "loop.rounds=null", "--set", "budget.tokens=9000"]
    command = [*EVOKD, "run", str(config), "--out", str(out), *sets]
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    deadline = time.monotonic() + 60
    while len(read_lines(out / "metrics.jsonl")) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert f"evokd resume {out}".encode() in stderr
    assert b"Traceback" not in stderr
    done = subprocess.run([*EVOKD, "resume", str(out)], capture_output=True, env=env, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"done: budget.tokens is reached" in done.stdout


def _after(text: str, word: str) -> str:
    return text[text.index("\n", text.rindex(word)) :]
