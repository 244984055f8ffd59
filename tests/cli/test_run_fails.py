"""A run that had begun and can't go on: exit code 1, one clear message, a way to go on."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from evokd.store.artefacts import Artefacts
from evokd.store.disk import is_full
from evokd.store.run_dir import RunDir
from tests.cli.conftest import Evokd


def test_training_that_diverges(evokd: Evokd, config: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    result = evokd("run", config, "--out", run, "--set", "student.lr=1e30")
    assert result.exit_code == 1
    assert "evokd: student.lr: training diverged" in result.stderr
    assert f"evokd resume {run}" in result.stderr and "unexpected" not in result.stderr
    told = RunDir(run).run()
    assert told["status"] == "failed" and told["reason"].startswith("student.lr: training diverged")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full(
    number: int, evokd: Evokd, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, put, calls = tmp_path / "run", Artefacts.put, [0]

    def fill(self: Artefacts, records: Any) -> Any:
        calls[0] += self.folder.is_relative_to(run)  # not those of the rehearsal
        if calls[0] == 4:
            raise OSError(number, "nothing more can be written")
        return put(self, records)

    monkeypatch.setattr(Artefacts, "put", fill)
    result = evokd("run", config, "--out", run)
    assert result.exit_code == 1
    assert f"evokd: {run}: the disk is full" in result.stderr.replace("\n", " ")
    assert RunDir(run).run()["status"] == "failed"
    monkeypatch.setattr(Artefacts, "put", put)  # somebody made room
    again = evokd("resume", run)
    assert again.exit_code == 0, again.output
    assert RunDir(run).run()["status"] == "done"


def test_a_full_disk_where_the_rehearsal_writes(
    evokd: Evokd, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Artefacts, records: Any) -> Any:
        raise OSError(errno.ENOSPC, "nothing more can be written")

    monkeypatch.setattr(Artefacts, "put", full)
    result = evokd("run", config, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "the disk is full" in result.stderr and not (tmp_path / "run").exists()


def test_a_student_whose_states_are_gone(evokd: Evokd, run_dir: Path) -> None:
    run = RunDir(run_dir)
    shutil.rmtree(run.student_states)
    shutil.rmtree(run.student)
    run.save_run({**run.run(), "status": "interrupted"})
    result = evokd("resume", run_dir)
    assert result.exit_code == 1
    assert "the student's state after round 2 is gone" in " ".join(result.stderr.split())


def test_what_counts_as_full() -> None:
    assert is_full(sqlite3.OperationalError("database or disk is full"))
    assert not is_full(sqlite3.OperationalError("database is locked"))
    assert not is_full(OSError(errno.EACCES, "")) and not is_full(ValueError("full"))
