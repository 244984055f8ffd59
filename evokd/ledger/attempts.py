"""Attempts one by one: pages of them, the others at the same request, those in flight.

What the columns mean: `evokd.ledger.tables`; lists by any condition: `evokd.ledger.listing`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from evokd.ledger.tables import Row

FILTERS = ("round", "source", "target", "status", "model")
"""Columns that a list of calls can be narrowed by."""
ORDERS = {
    "seq": "seq",
    "tokens": "prompt_tokens + completion_tokens",
    "prompt": "prompt_tokens",
    "completion": "completion_tokens",
    "round": "round",
    "seconds": "julianday(closed_at) - julianday(opened_at)",
}
"""What it can be sorted by."""
LISTED = (
    "id, round, source, target, model, voter, slot, attempt, template, status, prompt_tokens,"
    " completion_tokens, estimated_prompt_tokens + estimated_completion_tokens AS estimated,"
    " usd, opened_at, closed_at"
)
"""Columns of a call in a list."""


def list_calls(
    db: sqlite3.Connection, where: Mapping[str, str], order: str, down: bool, start: int, most: int
) -> tuple[int, list[dict[str, Any]]]:
    """How many attempts fit, and some of them.

    Args:
        db: An open ledger.
        where: Column of `FILTERS` → its value; others are passed over.
        order: A key of `ORDERS`.
        down: The largest first.
        start: Attempts to pass over.
        most: Attempts at most.
    """
    kept = {name: value for name, value in where.items() if name in FILTERS}
    clause = " AND ".join(f"{name} = ?" for name in kept) or "1"
    turned = "DESC" if down else "ASC"
    query = f"SELECT COUNT(*) FROM calls WHERE {clause}"
    total = int(db.execute(query, tuple(kept.values())).fetchone()[0])
    found = db.execute(
        f"SELECT {LISTED} FROM calls WHERE {clause}"
        f" ORDER BY {ORDERS[order]} {turned}, seq {turned} LIMIT ? OFFSET ?",
        (*kept.values(), most, start),
    )
    return total, [dict(row) for row in found]


def values_of(db: sqlite3.Connection, *columns: str) -> dict[str, list[str]]:
    """The different values of some columns, each in order; one scan for all of them."""
    found = db.execute(f"SELECT DISTINCT {', '.join(columns)} FROM calls").fetchall()
    return {name: sorted({str(row[name]) for row in found}) for name in columns}


def pairs_of(db: sqlite3.Connection, first: str, second: str) -> list[tuple[str, str]]:
    """The different pairs of two columns, in the order of the first call of each."""
    query = f"SELECT {first}, {second} FROM calls GROUP BY 1, 2 ORDER BY MIN(seq)"
    return [(str(a), str(b)) for a, b in db.execute(query)]


def one_call(db: sqlite3.Connection, call: str) -> dict[str, Any] | None:
    """The whole row of a call."""
    row = db.execute("SELECT * FROM calls WHERE id = ?", (call,)).fetchone()
    return None if row is None else dict(row)


def attempts_at(db: sqlite3.Connection, row: Row, most: int = 100) -> list[dict[str, Any]]:
    """The attempts at the same request as a call's row, this one among them."""
    query = f"SELECT {LISTED} FROM calls WHERE task = ? AND slot = ? ORDER BY seq LIMIT ?"
    return [dict(one) for one in db.execute(query, (row["task"], row["slot"], most))]


def open_since(db: sqlite3.Connection, after: int) -> list[tuple[int, bool]]:
    """Number of each row behind `after`, and whether it is open."""
    query = "SELECT seq, status = 'open' FROM calls WHERE seq > ? ORDER BY seq"
    return [(seq, bool(is_open)) for seq, is_open in db.execute(query, (after,))]


def open_calls(db: sqlite3.Connection, since: str, among: int = 5000) -> list[dict[str, Any]]:
    """Attempts that have not ended, the oldest first.

    Args:
        db: An open ledger.
        since: Time (ISO 8601) before which a process that is gone opened them.
        among: So many of the last attempts are looked at: what is open stands near the end.
    """
    found = db.execute(
        f"SELECT agent, {LISTED} FROM calls WHERE seq > (SELECT MAX(seq) FROM calls) - ?"
        " AND status = 'open' AND opened_at >= ? ORDER BY seq",
        (among, since),
    )
    return [dict(row) for row in found]


def last_number(db: sqlite3.Connection) -> int:
    """Number of the last row; 0 before the first."""
    return int(db.execute("SELECT COALESCE(MAX(seq), 0) FROM calls").fetchone()[0])
