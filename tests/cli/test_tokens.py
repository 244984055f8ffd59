from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evokd.cli.tokens import as_csv
from evokd.runs.in_flight import CallsInFlight
from evokd.runs.run import read_run
from evokd.store.run_dir import RunDir
from tests.cli.conftest import Evokd

BY = ("edge", "agent", "model", "round", "call")


def _document(evokd: Evokd, run: Path, by: str = "edge") -> dict[str, Any]:
    result = evokd("tokens", run, "--by", by, "--format", "json")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.mark.parametrize("by", BY)
def test_rows_add_up_to_what_was_billed(evokd: Evokd, run_dir: Path, by: str) -> None:
    books = _document(evokd, run_dir, by)
    for name in ("calls", "prompt_tokens", "completion_tokens"):
        assert sum(row[name] for row in books["rows"]) == books["billed"][name] > 0
    assert books["billed"]["usd"] is None
    assert books["useful"]["calls"] == books["billed"]["calls"]


@pytest.mark.parametrize("by", BY)
def test_table_and_csv(evokd: Evokd, run_dir: Path, by: str) -> None:
    table = evokd("tokens", run_dir, "--by", by)
    assert "billed" in table.stdout and "local" in table.stdout and "unknown" not in table.stdout
    assert all(len(line) <= 80 for line in table.stdout.splitlines())
    text = evokd("tokens", run_dir, "--by", by, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(_document(evokd, run_dir, by)["rows"])
    assert {row["usd"] for row in rows} == {""}


def test_csv_is_quoted() -> None:
    row = {"model": 'a,"b"\nc', "calls": 1, "prompt_tokens": 2, "completion_tokens": 3}
    text = as_csv([{**row, "freight_tokens": None, "usd": 0.5}], "model")
    assert next(csv.DictReader(io.StringIO(text)))["model"] == 'a,"b"\nc'


def test_killed_before_anything_was_booked(evokd: Evokd, run_dir: Path) -> None:
    for name in ("ledger.sqlite", "checkpoints.sqlite", "events.sqlite"):
        for file in run_dir.glob(f"{name}*"):
            file.unlink()
    assert _document(evokd, run_dir)["billed"]["calls"] == 0
    assert evokd("trace", run_dir).exit_code == 2
    sqlite3.connect(run_dir / "ledger.sqlite").execute("PRAGMA journal_mode=WAL").close()
    assert _document(evokd, run_dir)["rows"] == []


def test_while_the_run_writes(evokd: Evokd, run_dir: Path) -> None:
    flying = CallsInFlight(run_dir / "ledger.sqlite")
    assert sum(one.calls for one in flying.earlier.values()) > 0 and flying.count() == 0
    writer = sqlite3.connect(run_dir / "ledger.sqlite", isolation_level=None)
    names = [r[1] for r in writer.execute("PRAGMA table_info(calls)") if r[1] not in ("seq", "id")]
    columns = ", ".join(names)
    writer.execute(f"INSERT INTO calls (id, {columns}) SELECT 'new', {columns} FROM calls LIMIT 1")
    writer.execute("UPDATE calls SET status = 'open' WHERE id = 'new'")
    writer.execute("BEGIN IMMEDIATE")  # a writer at work keeps no reader out
    assert _document(evokd, run_dir)["open_calls"] == 1
    assert flying.count() == 1
    writer.execute("UPDATE calls SET status = 'ok' WHERE id = 'new'")
    writer.execute("COMMIT")
    assert flying.count() == 0
    writer.close()


def test_status_tells_running_from_killed(run_dir: Path) -> None:
    run = RunDir(run_dir)
    assert read_run(run_dir).status == "done"
    run.save_run({**run.run(), "status": "running"})
    assert read_run(run_dir).status == "killed"
    with run.locked():
        assert read_run(run_dir).status == "running"


def test_needs_neither_torch_nor_langgraph(run_dir: Path) -> None:
    code = (
        "import atexit, sys; atexit.register(lambda: print('torch' in sys.modules,"
        " 'langgraph' in sys.modules)); sys.argv = ['evokd', 'tokens', sys.argv[1]];"
        "from evokd.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code, run_dir], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False False"
