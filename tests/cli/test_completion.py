"""Shell completion: what a shell is offered, asked as its script asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evokd.cli import completing
from tests.cli.conftest import Evokd
from tests.runs.made_run import make_run

EVOKD = [sys.executable, "-c", "from evokd.cli import main; main()"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_run(tmp_path / "runs" / "one")
    (tmp_path / "conf.yaml").write_text("task: {}\n", encoding="utf-8")
    (tmp_path / "rows.csv").write_text("text\n", encoding="utf-8")
    (tmp_path / ".hidden").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(*words: str) -> list[str]:
    """What bash gets for the last of the words."""
    env = {
        **os.environ,
        "COMP_WORDS": "\n".join(("evokd", *words)),
        "COMP_CWORD": str(len(words)),
        "_EVOKD_COMPLETE": "complete_bash",
    }
    done = subprocess.run(EVOKD, env=env, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_shell_is_offered_commands_files_and_keys(here: Path) -> None:
    assert offered("re") == ["resume", "review", "report"]
    assert offered("run", "") == ["conf.yaml", "runs/"]
    assert offered("resume", "runs/") == ["runs/one"]
    assert offered("run", "conf.yaml", "--set", "loop.rou") == ["loop.rounds="]
    assert set(offered("resume", "runs/one", "--set", "")) >= {"loop.rounds=", "budget.tokens="}
    assert "seed=" not in offered("resume", "runs/one", "--set", "")
    assert "smollm2-135m" in offered("models", "get", "smo")
    assert offered("tokens", "runs/one", "--form") == ["--format"]


def test_paths_stand_as_they_were_typed(here: Path) -> None:
    assert completing.config_files(f"{here}/c") == [f"{here}/conf.yaml"]
    assert completing.run_directories("./r") == ["./runs/"]
    assert completing.run_directories("runs/one/") == []
    assert completing.run_directories("nowhere/x") == []
    assert completing.run_directories(".h") == [".hidden/"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(evokd: Evokd, shell: str) -> None:
    said = evokd("completion", shell)
    assert said.exit_code == 0 and f"_EVOKD_COMPLETE=complete_{shell}" in said.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=said.stdout, text=True, check=True)


def test_another_shell_is_refused(evokd: Evokd) -> None:
    assert evokd("completion", "cmd").exit_code == 2
