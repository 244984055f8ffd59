"""A damaged database of a run is named by its path; none is begun anew where one was lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evokd.store.run_dir import RunDir
from tests.cli.conftest import Evokd

PAGE = 4096


def no_header(data: bytes) -> bytes:
    return b"x" * 100 + data[100:]


def no_pages(data: bytes) -> bytes:
    return data[:PAGE] + b"\xa5" * (len(data) - PAGE)


def nothing(data: bytes) -> bytes:
    return b""


READERS = [
    ("ledger", ["tokens"]),
    ("ledger", ["export", "--format", "csv", "--out", "OUT"]),
    ("events", ["trace"]),
    ("events", ["trace", "--format", "json"]),
    ("events", ["trace", "--row", "r001-h001"]),
    ("events", ["export", "--format", "csv", "--out", "OUT"]),
    ("checkpoints", ["tokens"]),
]


@pytest.mark.parametrize(("name", "command"), READERS)
@pytest.mark.parametrize("harm", [no_header, no_pages])
def test_a_reader_names_it(
    evokd: Evokd, run_dir: Path, tmp_path: Path, name: str, command: list[str],
    harm: Callable[[bytes], bytes],
) -> None:  # fmt: skip
    file = run_dir / f"{name}.sqlite"
    file.write_bytes(harm(file.read_bytes()))
    verb, *more = [str(tmp_path / "out") if word == "OUT" else word for word in command]
    result = evokd(verb, run_dir, *more)
    assert result.exit_code == 1
    assert f"{name}.sqlite: " in " ".join(result.stderr.split())
    assert "unexpected" not in result.stderr


@pytest.mark.parametrize("name", ["ledger", "events", "checkpoints"])
@pytest.mark.parametrize("harm", [no_header, no_pages, nothing])
def test_a_resume_names_it(
    evokd: Evokd, run_dir: Path, name: str, harm: Callable[[bytes], bytes]
) -> None:
    run = RunDir(run_dir)
    run.save_run({**run.run(), "status": "interrupted"})
    file = run_dir / f"{name}.sqlite"
    file.write_bytes(harm(file.read_bytes()))
    result = evokd("resume", run_dir)
    said = " ".join(result.stderr.split())
    assert result.exit_code == 1
    assert f"evokd: {file}: is " in said
    assert "put back a copy of it, or begin a new run" in said
    assert "unexpected" not in said and "Go on with" not in said
    if harm is not nothing:
        return
    file.unlink()
    assert f"{file}: is gone" in " ".join(evokd("resume", run_dir).stderr.split())
    assert not file.exists()
