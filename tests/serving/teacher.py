"""A config with a stand-in for its teacher, and data of the tiny student's task."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import yaml

from evokd.config import Config, load_config
from evokd.ledger.totals import totals
from evokd.store.run_dir import SERVING
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat
from tests.student.tiny import LABELS, easy_rows

BRAIN = Brain(LABELS)


def write_config(folder: Path, url: str | None, endpoint: Any = None, **changes: Any) -> Path:
    """Data and config; without an address the teacher is the scripted one."""
    rows = easy_rows()
    for name, part in (("train", rows[:10]), ("test", rows[10:])):
        lines = [json.dumps({"text": row.text, "label": row.label}) for row in part]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    fake = {"model": "fake", "base_url": url, "retries": 3, "timeout_s": 5.0, **(endpoint or {})}
    document = {
        "task": {
            "labels": list(LABELS),
            "data": {"train": "train.jsonl", "test": "test.jsonl"},
        },
        "teachers": {"default": {"scripted": True} if url is None else fake},
        "prompts": {"pack": "evokd"},
        **changes,
    }
    file = folder / "teacher.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def teacher_config(folder: Path, url: str | None, endpoint: Any = None, **changes: Any) -> Config:
    return load_config(write_config(folder, url, endpoint, **changes))


def books(folder: Path) -> dict[str, Any]:
    """The document of `evokd tokens` off the ledger of a server that has ended."""
    db = sqlite3.connect(folder / "ledger.sqlite")
    db.row_factory = sqlite3.Row
    try:
        return totals(db, {SERVING}, "edge")
    finally:
        db.close()


def balances(folder: Path, server: FakeChat) -> None:
    """Attempts in the ledger are the requests the server saw; reported tokens what it delivered."""
    document = books(folder)
    billed = document["billed"]
    assert document["open_calls"] == 0
    assert billed["calls"] == server.bill.requests
    reported = tuple(
        billed[f"{name}_tokens"] - billed[f"estimated_{name}_tokens"]
        for name in ("prompt", "completion")
    )
    assert reported == (server.bill.prompt_tokens, server.bill.completion_tokens)
    sums = [sum(row[name] for row in document["rows"]) for name in ("calls", "prompt_tokens")]
    assert sums == [billed["calls"], billed["prompt_tokens"]]


def kept(folder: Path) -> list[dict[str, Any]]:
    """The rows on the disk."""
    file = folder / "rows.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
