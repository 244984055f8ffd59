"""A run is resumed on the rows it began with, or when it is told to go on all the same."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from evokd.cli import run as run_module
from evokd.cli.progress import Progress
from evokd.store.events import Event, Scored
from evokd.store.run_dir import RunDir, read_lines
from tests.cli.conftest import Evokd


@pytest.fixture
def interrupted(
    evokd: Evokd, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunDir:
    """A run after its first round, with data files of its own."""

    class Impatient(Progress):
        def __call__(self, event: Event) -> None:
            super().__call__(event)
            if isinstance(event, Scored) and event.round == 1:
                os.kill(os.getpid(), signal.SIGINT)

    shutil.copytree(config.parent / "base", tmp_path / "base")
    for name in ("train.jsonl", "test.jsonl", config.name):
        shutil.copy(config.parent / name, tmp_path / name)
    shutil.copy(tmp_path / "test.jsonl", tmp_path / "dev.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "Progress", Impatient)
        sets = ("--set", "task.data.dev=dev.jsonl")
        result = evokd("run", tmp_path / config.name, "--out", tmp_path / "run", *sets)
    assert result.exit_code == 130, result.output
    return RunDir(tmp_path / "run")


def test_a_data_file_that_changed_is_refused_by_name(evokd: Evokd, interrupted: RunDir) -> None:
    books = interrupted.ledger.read_bytes()
    for split in ("train", "dev", "test"):
        file = interrupted.path.parent / f"{split}.jsonl"
        before = file.read_bytes()
        file.write_bytes(b"".join(reversed(before.splitlines(keepends=True))))
        refused = evokd("resume", interrupted.path)
        said = " ".join(refused.stderr.split())
        assert refused.exit_code == 2
        assert f"task.data.{split}: {file} has changed since the run began" in said
        assert f"evokd resume {interrupted.path} --changed-data" in said
        file.unlink()
        gone = evokd("resume", interrupted.path)
        assert gone.exit_code == 2 and "no such file" in gone.stderr
        file.write_bytes(before)
    assert interrupted.ledger.read_bytes() == books
    assert interrupted.run()["status"] == "interrupted"
    again = evokd("resume", interrupted.path)
    assert again.exit_code == 0, again.output
    assert "has changed" not in again.output and "the run began with" not in again.output


def test_it_goes_on_all_the_same_and_says_so(evokd: Evokd, interrupted: RunDir) -> None:
    file = interrupted.path.parent / "test.jsonl"
    file.write_bytes(b"".join(reversed(file.read_bytes().splitlines(keepends=True))))
    result = evokd("resume", interrupted.path, "--changed-data")
    assert result.exit_code == 0, result.output
    assert "test.jsonl has changed since the run began" in " ".join(result.stdout.split())
    assert [line["round"] for line in read_lines(interrupted.metrics)] == [0, 1, 2]


def test_another_version_is_said(evokd: Evokd, interrupted: RunDir) -> None:
    told = interrupted.run()
    now = told["versions"]["evokd"]
    interrupted.save_run(told | {"versions": told["versions"] | {"evokd": "0.0.1"}})
    result = evokd("resume", interrupted.path)
    assert result.exit_code == 0, result.output
    assert f"the run began with evokd 0.0.1, now {now}" in " ".join(result.stdout.split())


def test_a_run_of_before_has_no_hashes(evokd: Evokd, interrupted: RunDir) -> None:
    told = interrupted.run()
    del told["data"], told["versions"]
    interrupted.save_run(told)
    file = interrupted.path.parent / "test.jsonl"
    file.write_bytes(file.read_bytes().rstrip() + b"\n\n")
    result = evokd("resume", interrupted.path)
    assert result.exit_code == 0, result.output
