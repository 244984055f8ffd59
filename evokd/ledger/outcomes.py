"""What became of calls: which replies could be used, what failed and why, what nobody answered.

What the columns mean: `evokd.ledger.tables`.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from evokd.ledger.call import UNUSABLE


def replies_by_agent(db: sqlite3.Connection) -> list[tuple[str, int, int]]:
    """Agent, usable and unusable replies that came, in the order of the first call of each."""
    found = db.execute(
        "SELECT agent, SUM(status = 'ok'), SUM(status = 'rejected') FROM calls"
        " WHERE status IN ('ok', 'rejected') GROUP BY agent ORDER BY MIN(seq)"
    )
    return [(str(agent), int(ok), int(rejected)) for agent, ok, rejected in found]


def has_usable(db: sqlite3.Connection, agent: str) -> bool:
    """Whether any attempt of an agent was ok."""
    query = "SELECT 1 FROM calls WHERE agent = ? AND status = 'ok' LIMIT 1"
    return db.execute(query, (agent,)).fetchone() is not None


def failures(db: sqlite3.Connection, *names: str) -> list[dict[str, Any]]:
    """Where no attempt was usable, by some columns: what came instead, in order of the first.

    Columns: those, model, status, error, calls. One that was answered from the journal was usable.
    """
    keys = ", ".join(names)
    return [
        dict(row)
        for row in db.execute(
            f"SELECT {keys}, model, status, error, COUNT(*) AS calls FROM calls"
            f" WHERE status IN ('rejected', 'error') AND ({keys}) NOT IN"
            f" (SELECT {keys} FROM calls WHERE status IN ('ok', 'replayed'))"
            f" GROUP BY {keys}, model, status, error ORDER BY MIN(seq)"
        )
    ]


def unusable_calls(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """What gave nothing that can be used: status, agent, error, calls, and the last one's id."""
    found = db.execute(
        "SELECT status, agent, error, COUNT(*) AS calls, id, MAX(seq) AS seq FROM calls"
        f" WHERE status IN ({', '.join(map(repr, UNUSABLE))}) GROUP BY status, agent, error"
    )  # SQLite takes `id` from the row with the largest `seq`
    return [dict(row) for row in found]


def lost_requests(db: sqlite3.Connection) -> tuple[int, int]:
    """Requests that ended, and how many of them no attempt answered."""
    row = db.execute(
        "SELECT COUNT(*), COALESCE(SUM(NOT answered), 0) FROM ("
        "SELECT MAX(status IN ('ok', 'replayed')) AS answered, MAX(status = 'open') AS open"
        " FROM calls GROUP BY task, slot) WHERE answered OR NOT open"
    ).fetchone()
    return int(row[0]), int(row[1])
