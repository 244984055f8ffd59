"""The ledger's tables: the one module that speaks SQL about calls, lists of them (`listing`) aside.

`evokd.ledger.ledger` writes through it, everything that reads a run's calls reads through it. What
the words mean is said here once:

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
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from evokd.ledger.call import UNBILLED, UNUSABLE, Amounts

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
By = Literal["edge", "agent", "voter", "model", "round", "call"]
KEYS: dict[By, tuple[str, ...]] = {
    "edge": ("source", "target"),
    "agent": ("agent",),
    "voter": ("agent", "voter", "model"),
    "model": ("model",),
    "round": ("round",),
    "call": ("id", "round", "source", "target", "agent", "model", "status"),
}
"""What rows of totals can be keyed by. `voter` tells the endpoints of a role apart, whose models
may have equal names."""
FREIGHT_KEYS: dict[By, tuple[str, ...]] = {
    "edge": ("source", "target"),
    "agent": ("target",),
    "round": ("round",),
}
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

_BILLED = f"status NOT IN ({', '.join(map(repr, UNBILLED))})"
# SUM skips NULL, and an unknown price must make the total unknown
_USD = "CASE WHEN COUNT(*) = COUNT(usd) THEN SUM(usd) END AS usd"
_SUMS = (
    "COUNT(*) AS calls, COALESCE(SUM(prompt_tokens), 0) AS prompt_tokens,"
    " COALESCE(SUM(completion_tokens), 0) AS completion_tokens"
)
LISTED = (
    "id, round, source, target, model, voter, slot, attempt, template, status, prompt_tokens,"
    " completion_tokens, estimated_prompt_tokens + estimated_completion_tokens AS estimated,"
    " usd, opened_at, closed_at"
)
"""Columns of a call in a list."""


# one call, as it is written


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


# sums


def spent_by_agent(db: sqlite3.Connection) -> dict[str, Amounts]:
    """Agent → what was billed for it."""
    rows = db.execute(
        "SELECT agent, SUM(prompt_tokens + completion_tokens), COALESCE(SUM(usd), 0), COUNT(*)"
        f" FROM calls WHERE {_BILLED} GROUP BY agent"
    )
    return {agent: Amounts(*sums) for agent, *sums in rows}


def totals(db: sqlite3.Connection, useful_tasks: Collection[str], by: By) -> dict[str, Any]:
    """The document that `evokd tokens --format json` prints.

    Args:
        db: An open ledger.
        useful_tasks: Task ids on the checkpoint lineage that survived.
        by: What the rows are keyed by; freight moves along edges, so it is null by voter, model and
            call.
    """
    billed = db.execute(
        f"SELECT {_SUMS}, COALESCE(SUM(estimated_prompt_tokens), 0) AS estimated_prompt_tokens,"
        " COALESCE(SUM(estimated_completion_tokens), 0) AS estimated_completion_tokens,"
        f" {_USD} FROM calls WHERE {_BILLED}"
    ).fetchone()
    counts = db.execute(
        "SELECT COALESCE(SUM(status = 'replayed'), 0) AS replayed,"
        " COALESCE(SUM(status = 'open'), 0) AS open,"
        f" COALESCE(SUM({_BILLED} AND (estimated_prompt_tokens > 0"
        " OR estimated_completion_tokens > 0)), 0) AS estimated FROM calls"
    ).fetchone()
    return {
        "billed": dict(billed),
        "useful": useful(db, useful_tasks),
        "replayed_calls": counts["replayed"],
        "open_calls": counts["open"],
        "estimated_calls": counts["estimated"],
        "rows": _rows(db, by),
    }


def useful(
    db: sqlite3.Connection, tasks: Collection[str], until: int | None = None
) -> dict[str, int]:
    """Sum of the ok calls of these tasks, in rounds up to `until`.

    Added up here, for SQLite limits the variables of a query.
    """
    wanted = set(tasks)
    total = {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0}
    for task, calls, prompt, completion in db.execute(
        f"SELECT task, {_SUMS} FROM calls WHERE status = 'ok' AND round <= ? GROUP BY task",
        (_last(until),),
    ):
        if task in wanted:
            total["calls"] += calls
            total["prompt_tokens"] += prompt
            total["completion_tokens"] += completion
    return total


def billed_tokens(db: sqlite3.Connection, until: int | None = None) -> int:
    """Billed tokens of the rounds up to `until`."""
    query = f"SELECT {_SUMS} FROM calls WHERE {_BILLED} AND round <= ?"
    row = db.execute(query, (_last(until),)).fetchone()
    return int(row["prompt_tokens"] + row["completion_tokens"])


def _last(until: int | None) -> int:
    return 2**62 if until is None else until


def _rows(db: sqlite3.Connection, by: By) -> list[dict[str, Any]]:
    names = ", ".join(KEYS[by])
    spent = db.execute(
        f"SELECT {names}, {_SUMS}, {_USD} FROM calls WHERE {_BILLED}"
        f" GROUP BY {names} ORDER BY MIN(seq)"
    )
    columns = FREIGHT_KEYS.get(by)
    if columns is None:
        return [{**dict(row), "freight_tokens": None} for row in spent]
    rows = {tuple(row)[: len(columns)]: {**dict(row), "freight_tokens": 0} for row in spent}
    for row in db.execute(
        f"SELECT {', '.join(columns)}, SUM(tokens) FROM freight"
        f" GROUP BY {', '.join(columns)} ORDER BY MIN(rowid)"
    ):
        *key, tokens = row
        empty = {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "usd": None}
        unspent = {**dict(zip(KEYS[by], key, strict=True)), **empty}
        rows.setdefault(tuple(key), unspent)["freight_tokens"] = tokens
    return list(rows.values())


def sums(db: sqlite3.Connection, *names: str) -> list[dict[str, Any]]:
    """Billed calls, tokens, largest possible completions and USD by some columns.

    In the order of the first call of each.
    """
    keys = ", ".join(names)
    return [
        dict(row)
        for row in db.execute(
            f"SELECT {keys}, {_SUMS}, {_USD},"
            " COALESCE(SUM(max_tokens), 0) AS max_completion_tokens,"
            " CASE WHEN COUNT(*) = COUNT(prompt_price) THEN SUM(prompt_tokens * prompt_price"
            " + max_tokens * completion_price) / 1e6 END AS max_usd"
            f" FROM calls WHERE {_BILLED} GROUP BY {keys} ORDER BY MIN(seq)"
        )
    ]


def sums_of_a_round(db: sqlite3.Connection, number: int) -> dict[str, list[int]]:
    """Agent → billed calls, prompt tokens and completion tokens of one round."""
    return {
        row["agent"]: [row["calls"], row["prompt_tokens"], row["completion_tokens"]]
        for row in sums(db, "agent", "round")
        if row["round"] == number
    }


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


def edges_by_status(db: sqlite3.Connection, useful_table: str) -> Iterator[Any]:
    """Calls by edge, status and whether their task is in `useful_table`, in one scan.

    Columns: source, target, status, useful, calls, prompt, completion, priced (calls with a price),
    usd, guesses (calls with estimated tokens).
    """
    return db.execute(
        f"SELECT source, target, status, task IN (SELECT task FROM {useful_table}) AS useful,"
        " COUNT(*) AS calls, SUM(prompt_tokens) AS prompt, SUM(completion_tokens) AS completion,"
        " COUNT(usd) AS priced, SUM(usd) AS usd,"
        " SUM(estimated_prompt_tokens + estimated_completion_tokens > 0) AS guesses"
        " FROM calls GROUP BY source, target, status, useful ORDER BY MIN(seq)"
    )


def freight_by_edge(db: sqlite3.Connection) -> Iterator[tuple[str, str, int]]:
    """Source, target, tokens; in the order of the first payload."""
    return db.execute(
        "SELECT source, target, SUM(tokens) FROM freight GROUP BY 1, 2 ORDER BY MIN(rowid)"
    )


def last_target(db: sqlite3.Connection) -> str | None:
    """The node whose payload was booked last."""
    row = db.execute("SELECT target FROM freight ORDER BY rowid DESC LIMIT 1").fetchone()
    return None if row is None else str(row["target"])


# a run at work


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


# calls, as readers look at them


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
