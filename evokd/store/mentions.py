"""Mentions: what an event says of rows that it is not about, so that a row leads to its answers.

An analysis names the rows it saw and cited, a draft the student errors it answers. They stand in
the bodies of these events; this table is the way from a row to them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

SCHEMA = """
CREATE TABLE IF NOT EXISTS mentions (
  row TEXT NOT NULL, how TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (row, how, seq)
) WITHOUT ROWID;
"""
VERSION = 1
"""`user_version` of a file whose mentions are complete; 0 before there were any."""
How = Literal["right", "wrong", "cited", "parent", "rewritten"]
Mention = tuple[str, How]
"""A row, and what the event says of it."""
_FIELDS: Mapping[str, Mapping[str, How]] = {
    "analysed": {"right": "right", "wrong": "wrong", "cited": "cited"},
    "drafted": {"parents": "parent", "rewrites": "rewritten"},
}


def mentions_of(event: Mapping[str, Any]) -> list[Mention]:
    """The mentions in an event, given as JSON; of an earlier version, some fields are missing."""
    fields = _FIELDS.get(event["type"])
    if fields is None:
        return []
    return [(row, how) for name, how in fields.items() for row in event.get(name, ())]


def note(db: sqlite3.Connection, numbered: Iterable[tuple[int, Iterable[Mention]]]) -> None:
    """Write the mentions of events, by their numbers."""
    db.executemany(
        "INSERT OR IGNORE INTO mentions VALUES (?,?,?)",
        ((row, how, seq) for seq, mentioned in numbered for row, how in mentioned),
    )


def complete(db: sqlite3.Connection) -> None:
    """Note what a file of an earlier version says, once, before a resume goes on with it."""
    if db.execute("PRAGMA user_version").fetchone()[0] >= VERSION:
        return
    with db:
        db.execute("BEGIN IMMEDIATE")
        note(db, read(db))
        db.execute(f"PRAGMA user_version = {VERSION}")


def read(db: sqlite3.Connection) -> Iterator[tuple[int, list[Mention]]]:
    """The mentions out of the events themselves, in their order."""
    names = ", ".join(f"'{name}'" for name in _FIELDS)
    for seq, body in db.execute(
        f"SELECT seq, body FROM events WHERE type IN ({names}) ORDER BY seq"
    ).fetchall():
        yield seq, mentions_of(json.loads(body))
