"""The ledger's tables, and how a call and its freight are written into them.

They are read beside it: what calls add up to in `totals`, what became of them in `outcomes`, one by
one in `attempts` and `listing`. What the words mean is said here once:

- **billed**: every attempt that left, so all but `replayed` and `unsent`; somebody may charge for
  it. An `open` row is billed with its estimate.
- **useful**: `ok` attempts of tasks on the checkpoint lineage that survived
  (`evokd.runs.useful_calls`), whatever became of their rows.
- **freight**: tokens of the payload carried along an edge; nobody bills them.
- Token counts are integers; `prompt` includes cached tokens, `completion` reasoning tokens; the
  `estimated` ones are a part of them. An unknown price makes a sum of USD unknown (NULL).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from evokd.ledger.call import UNBILLED

SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  thread TEXT NOT NULL, task TEXT NOT NULL, node_attempt INTEGER NOT NULL, round INTEGER NOT NULL,
  source TEXT NOT NULL, target TEXT NOT NULL,
  agent TEXT NOT NULL, model TEXT NOT NULL, voter INTEGER NOT NULL,
  slot TEXT NOT NULL, attempt INTEGER NOT NULL,
  template TEXT NOT NULL, template_sha TEXT NOT NULL, prompt_sha TEXT NOT NULL,
  status TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
  estimated_prompt_tokens INTEGER NOT NULL, estimated_completion_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL DEFAULT 0, reasoning_tokens INTEGER NOT NULL DEFAULT 0,
  max_tokens INTEGER NOT NULL,
  prompt_price REAL, completion_price REAL, usd REAL,
  opened_at TEXT NOT NULL, closed_at TEXT,
  error TEXT, text TEXT, reply TEXT
);
CREATE INDEX IF NOT EXISTS calls_journal ON calls (task, slot, prompt_sha, status);
CREATE TABLE IF NOT EXISTS freight (
  thread TEXT NOT NULL, task TEXT NOT NULL, round INTEGER NOT NULL,
  source TEXT NOT NULL, target TEXT NOT NULL, tokens INTEGER NOT NULL,
  PRIMARY KEY (thread, task)
);
"""
"""Column `slot` holds a call's key (`CallStart.call_key`)."""

Row = Mapping[str, Any]
"""Column → value."""

BILLED = f"status NOT IN ({', '.join(map(repr, UNBILLED))})"
"""Condition of an attempt."""
# SUM skips NULL, and an unknown price must make the total unknown
USD = "CASE WHEN COUNT(*) = COUNT(usd) THEN SUM(usd) END AS usd"
SUMS = (
    "COUNT(*) AS calls, COALESCE(SUM(prompt_tokens), 0) AS prompt_tokens,"
    " COALESCE(SUM(completion_tokens), 0) AS completion_tokens"
)


def insert_call(db: sqlite3.Connection, row: Row) -> None:
    """Write a new row; the keys of `row` are columns."""
    names, places = ", ".join(row), ", ".join("?" * len(row))
    db.execute(f"INSERT INTO calls ({names}) VALUES ({places})", tuple(row.values()))


def update_call(db: sqlite3.Connection, call: str, row: Row) -> None:
    """Change columns of the row with this id."""
    changes = ", ".join(f"{name} = ?" for name in row)
    db.execute(f"UPDATE calls SET {changes} WHERE id = ?", (*row.values(), call))


def find_reply(db: sqlite3.Connection, where: Row) -> tuple[str, str] | None:
    """Id and reply of the last ok call with these columns."""
    clause = " AND ".join(f"{name} = ?" for name in where)
    query = f"SELECT id, reply FROM calls WHERE {clause} AND status = 'ok' ORDER BY seq DESC"
    found = db.execute(f"{query} LIMIT 1", tuple(where.values())).fetchone()
    return None if found is None else (found["id"], found["reply"])


def find_open(db: sqlite3.Connection, where: Row) -> sqlite3.Row | None:
    """The last open call with these columns."""
    clause = " AND ".join(f"{name} = ?" for name in where)
    query = f"SELECT * FROM calls WHERE {clause} AND status = 'open' ORDER BY seq DESC LIMIT 1"
    found: sqlite3.Row | None = db.execute(query, tuple(where.values())).fetchone()
    return found


def put_freight(db: sqlite3.Connection, row: Sequence[Any]) -> None:
    """Book a payload: thread, task, round, source, target, tokens. A task's counts once."""
    db.execute("INSERT OR REPLACE INTO freight VALUES (?,?,?,?,?,?)", row)


def drop_freight(db: sqlite3.Connection, target: str, round_number: int) -> None:
    """Take back what was carried to a node in a round that it works on anew."""
    db.execute("DELETE FROM freight WHERE target = ? AND round = ?", (target, round_number))
