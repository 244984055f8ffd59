"""The file of a run's trace events: written as they happen, read by type, round, node, call, row.

Bodies are JSON; what is filtered by stands in columns of its own, and what an event says of other
rows in the table `mentions`, so 100,000 calls stay usable.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evokd.store import row_references
from evokd.store.artefacts import dumps
from evokd.store.events import Event, Listener, event_of
from evokd.store.sqlite import connect, connect_read_only

MOST_WAITING = 1000
"""Events that may wait for one commit."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL, type TEXT NOT NULL, round INTEGER NOT NULL, node TEXT NOT NULL,
  call TEXT, row TEXT, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_round ON events (round, node);
CREATE INDEX IF NOT EXISTS events_call ON events (call) WHERE call IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_row ON events (row) WHERE row IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_type ON events (type, round);
CREATE TABLE IF NOT EXISTS useful (task TEXT PRIMARY KEY);
"""


class EventLog:
    """The only writer of `events.sqlite`; listeners (live progress) hear every event at once.

    On an event loop, what is added in one turn of it is one commit at the start of the next: so a
    node's events are on file before LangGraph can write that the node is done. A killed process
    loses at most the events of the turn it died in; an error, Ctrl-C or the end of a run, none.
    """

    def __init__(self, path: Path, listeners: tuple[Listener, ...] = ()) -> None:
        self.db = connect(path, SCHEMA + row_references.SCHEMA)
        self.listeners = listeners
        self._waiting: list[tuple[Event, str, list[row_references.RowReference]]] = []

    def add(self, event: Event) -> None:
        """Take one event down and tell the listeners."""
        data = event.model_dump(mode="json")
        self._waiting.append((event, dumps(data), row_references.references_of(data)))
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody would write later
            self.write()
        else:
            if len(self._waiting) == 1:
                loop.call_soon(self.write)
            elif len(self._waiting) >= MOST_WAITING:  # the loop is held up, or the disk is full
                self.write()
        self.tell(event)

    def tell(self, event: Event) -> None:
        """Tell the listeners alone, of what nobody will ask for later."""
        for listener in self.listeners:
            listener(event)

    def write(self) -> None:
        """Commit the events that wait."""
        if not self._waiting:
            return
        with self.db:  # commits, or rolls back what it could not write as a whole
            self.db.execute("BEGIN IMMEDIATE")
            numbered = list(enumerate(self._waiting, last_seq(self.db) + 1))
            self.db.executemany(
                "INSERT INTO events (seq, at, type, round, node, call, row, body)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (
                    (seq, e.at, e.type, e.round, e.node, e.call, e.row, body)
                    for seq, (e, body, _) in numbered
                ),
            )
            row_references.note(self.db, ((seq, mentioned) for seq, (_, _, mentioned) in numbered))
        self._waiting.clear()

    def save_useful(self, tasks: set[str]) -> None:
        """Keep the task ids of the surviving lineage beside the events, for readers."""
        self.db.execute("BEGIN")
        self.db.execute("DELETE FROM useful")
        self.db.executemany("INSERT INTO useful VALUES (?)", [(task,) for task in sorted(tasks)])
        self.db.execute("COMMIT")

    def close(self) -> None:
        """Commit what waits, and close the file."""
        try:
            self.write()
        finally:
            self.db.close()


def last_seq(db: sqlite3.Connection) -> int:
    """Number of the last event; 0 before the first."""
    return int(db.execute("SELECT COALESCE(MAX(seq), 0) FROM events").fetchone()[0])


def read_events(path: Path, **where: Any) -> Iterator[Event]:
    """Events in the order they were written; keywords are columns: `round=2`, `type="judged"`."""
    unknown = set(where) - {"type", "round", "node", "call", "row"}
    if unknown:
        raise ValueError(f"no such columns: {sorted(unknown)}")
    clause = " AND ".join(f"{name} = ?" for name in where) or "1"
    db = connect_read_only(path)
    try:
        query = f"SELECT body FROM events WHERE {clause} ORDER BY seq"
        for (body,) in db.execute(query, tuple(where.values())):
            yield event_of(body)
    finally:
        db.close()
