"""Trace events as they lie in events.sqlite: read by SQL, each body a mapping.

The viewer shows runs of other versions and half-written ones, so an event that has a field more or
less is no error here; one whose body is no JSON is left out.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TracedEvent:
    """One event."""

    seq: int
    type: str
    round: int
    node: str
    call: str | None
    row: str | None
    body: dict[str, Any]

    def text(self, name: str) -> str:
        """A field as text; empty where there is none."""
        value = self.body.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def names(self, name: str) -> list[str]:
        """A field that is a list of ids."""
        value = self.body.get(name)
        return [str(item) for item in value] if isinstance(value, list) else []


def told(db: sqlite3.Connection, where: str, values: Sequence[Any] = ()) -> Iterator[TracedEvent]:
    """Events in the order they were written.

    Args:
        db: events.sqlite.
        where: SQL over the columns type, round, node, call, row, seq.
        values: for its question marks.
    """
    query = f"SELECT seq, type, round, node, call, row, body FROM events WHERE {where} ORDER BY seq"
    for seq, kind, number, node, call, row, body in db.execute(query, tuple(values)):
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield TracedEvent(seq, kind, number, node, call, row, found)


def last_seq(db: sqlite3.Connection) -> int:
    """Number of the last event; it grows while a run goes on."""
    return int(db.execute("SELECT COALESCE(MAX(seq), 0) FROM events").fetchone()[0])
