"""The command line where the shell has closed its streams, and without its script."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evokd.store.run_dir import RunDir

ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable, "-W", "ignore", "-m", "evokd"]
ALL = "<&- >&- 2>&-"


def shell(closed: str, *args: object) -> subprocess.CompletedProcess[bytes]:
    """`python -m evokd …` with some streams closed."""
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *PYTHON, *map(str, args)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=env)


def test_as_a_module() -> None:
    done = shell("", "--help")
    assert done.returncode == 0 and done.stdout.startswith(b"Usage: evokd [OPTIONS]")
    assert shell("", "tokens", "/nowhere").returncode == 2


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", ALL])
def test_closed_streams(closed: str) -> None:
    fine, wrong = shell(closed, "--version"), shell(closed, "tokens", "/nowhere")
    assert (fine.returncode, wrong.returncode) == (0, 2)
    assert b"Traceback" not in fine.stderr + wrong.stderr
    assert (b"evokd" in fine.stdout) == (">&-" not in closed.split())
    assert (b"holds no run" in wrong.stderr) == ("2>&-" not in closed.split())


def test_predict_has_nothing_to_read(finished: tuple[Path, object]) -> None:
    done = shell("<&-", "predict", finished[0])
    assert done.returncode == 2 and b"stdin is closed" in done.stderr
    given = shell("<&-", "predict", finished[0], "--text", "a lid")
    assert given.returncode == 0 and b'"label"' in given.stdout


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&- 2>&-", ALL])
def test_a_whole_run_with_nobody_to_talk_to(config: Path, tmp_path: Path, closed: str) -> None:
    """Nothing that is printed may land in a file that got the number of a closed stream."""
    out = tmp_path / "run"
    done = shell(closed, "run", config, "--out", out)
    assert done.returncode == 0
    assert RunDir(out).run()["status"] == "done"
    assert shell(closed, "resume", out).returncode == 0
    for file in out.glob("*.sqlite"):
        assert file.read_bytes().startswith(b"SQLite format 3")
