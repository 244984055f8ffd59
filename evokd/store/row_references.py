"""Mentions: what an event says of rows that it is not about, so that a row leads to its answers.

An analysis names the rows it saw and cited, a draft the student errors it answers. They stand in
the bodies of these events; this table is the way from a row to them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Literal

SCHEMA = """
CREATE TABLE IF NOT EXISTS mentions (
  row TEXT NOT NULL, how TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (row, how, seq)
) WITHOUT ROWID;
"""
ReferenceKind = Literal["right", "wrong", "cited", "parent", "rewritten"]
RowReference = tuple[str, ReferenceKind]
"""A row, and what the event says of it."""
_FIELDS: Mapping[str, Mapping[str, ReferenceKind]] = {
    "analysed": {"right": "right", "wrong": "wrong", "cited": "cited"},
    "drafted": {"parents": "parent", "rewrites": "rewritten"},
    "retrieved": {"parents": "parent"},
}


def references_of(event: Mapping[str, Any]) -> list[RowReference]:
    """The mentions in an event, given as JSON."""
    fields = _FIELDS.get(event["type"])
    if fields is None:
        return []
    return [(row, how) for name, how in fields.items() for row in event.get(name, ())]


def note(db: sqlite3.Connection, numbered: Iterable[tuple[int, Iterable[RowReference]]]) -> None:
    """Write the mentions of events, by their numbers."""
    db.executemany(
        "INSERT OR IGNORE INTO mentions VALUES (?,?,?)",
        ((row, how, seq) for seq, mentioned in numbered for row, how in mentioned),
    )
