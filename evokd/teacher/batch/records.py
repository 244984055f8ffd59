"""`batches.jsonl` in the folder of a run: which calls went into which batch.

Written, and on the disk, before a batch is asked for and again once the server has named it. So
whatever kills the process, the next one knows what may be out: by its id, or by the key that stands
in the batch's metadata.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokd.store.artefacts import dumps
from evokd.store.clock import now


@dataclass(slots=True)
class RecordedBatch:
    """A batch that was, or was to be, made."""

    key: str
    calls: tuple[str, ...]
    """In the order of its lines."""
    batch: str | None = None
    """The server's id; None: its answer never came."""
    dropped: bool = False
    """It was never made."""


class BatchRecords:
    """One endpoint's batches in one folder; several endpoints share the file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._by_key: dict[str, RecordedBatch] = {}
        self._by_call: dict[str, RecordedBatch] = {}
        for row in _rows(file):
            self._take(row)

    def of(self, call: str) -> RecordedBatch | None:
        """The batch that a call went into, or was to go into; None: in none."""
        found = self._by_call.get(call)
        return None if found is None or found.dropped else found

    def plan(self, key: str, model: str, calls: Sequence[str]) -> None:
        """A batch is about to be made."""
        self._add({"key": key, "model": model, "calls": list(calls)})

    def made(self, key: str, batch: str) -> None:
        """The server has it."""
        self._add({"key": key, "batch": batch})

    def drop(self, key: str) -> None:
        """It was never made."""
        self._add({"key": key, "dropped": True})

    def end(self, key: str, status: str) -> None:
        """It has ended; for people who look, since its answers may be fetched again."""
        self._add({"key": key, "status": status})

    def _take(self, row: dict[str, Any]) -> None:
        known = self._by_key.get(row["key"])
        if "calls" in row:
            known = RecordedBatch(row["key"], tuple(row["calls"]))
            self._by_key[known.key] = known
            self._by_call |= dict.fromkeys(known.calls, known)
        elif known is not None:
            known.batch = row.get("batch", known.batch)
            known.dropped = bool(row.get("dropped", known.dropped))

    def _add(self, row: dict[str, Any]) -> None:
        self._take(row)
        with self._file.open("a+b") as file:
            file.seek(0, os.SEEK_END)
            torn = False
            if file.tell():
                file.seek(-1, os.SEEK_END)
                torn = file.read(1) != b"\n"  # a process was killed while it wrote
            text = f"{dumps({'at': now(), **row})}\n"
            file.write((b"\n" if torn else b"") + text.encode())
            file.flush()
            os.fsync(file.fileno())


def _rows(file: Path) -> list[dict[str, Any]]:
    """The lines that are whole."""
    if not file.exists():
        return []
    rows = []
    for line in file.read_bytes().splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the end of a process that was killed
        if isinstance(row, dict) and isinstance(row.get("key"), str):
            rows.append(row)
    return rows
