"""What calls and freight add up to: by edge, agent, model or round. `evokd tokens DIR` prints it.

What billed, useful and freight mean: `evokd.ledger.tables`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from typing import Any, Literal

from evokd.ledger.call import Amounts
from evokd.ledger.tables import BILLED, SUMS, USD

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


def spent_by_agent(db: sqlite3.Connection) -> dict[str, Amounts]:
    """Agent → what was billed for it."""
    rows = db.execute(
        "SELECT agent, SUM(prompt_tokens + completion_tokens), COALESCE(SUM(usd), 0), COUNT(*)"
        f" FROM calls WHERE {BILLED} GROUP BY agent"
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
        f"SELECT {SUMS}, COALESCE(SUM(estimated_prompt_tokens), 0) AS estimated_prompt_tokens,"
        " COALESCE(SUM(estimated_completion_tokens), 0) AS estimated_completion_tokens,"
        f" {USD} FROM calls WHERE {BILLED}"
    ).fetchone()
    counts = db.execute(
        "SELECT COALESCE(SUM(status = 'replayed'), 0) AS replayed,"
        " COALESCE(SUM(status = 'open'), 0) AS open,"
        f" COALESCE(SUM({BILLED} AND (estimated_prompt_tokens > 0"
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
        f"SELECT task, {SUMS} FROM calls WHERE status = 'ok' AND round <= ? GROUP BY task",
        (_last(until),),
    ):
        if task in wanted:
            total["calls"] += calls
            total["prompt_tokens"] += prompt
            total["completion_tokens"] += completion
    return total


def billed_tokens(db: sqlite3.Connection, until: int | None = None) -> int:
    """Billed tokens of the rounds up to `until`."""
    query = f"SELECT {SUMS} FROM calls WHERE {BILLED} AND round <= ?"
    row = db.execute(query, (_last(until),)).fetchone()
    return int(row["prompt_tokens"] + row["completion_tokens"])


def _last(until: int | None) -> int:
    return 2**62 if until is None else until


def _rows(db: sqlite3.Connection, by: By) -> list[dict[str, Any]]:
    names = ", ".join(KEYS[by])
    spent = db.execute(
        f"SELECT {names}, {SUMS}, {USD} FROM calls WHERE {BILLED}"
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
            f"SELECT {keys}, {SUMS}, {USD},"
            " COALESCE(SUM(max_tokens), 0) AS max_completion_tokens,"
            " CASE WHEN COUNT(*) = COUNT(prompt_price) THEN SUM(prompt_tokens * prompt_price"
            " + max_tokens * completion_price) / 1e6 END AS max_usd"
            f" FROM calls WHERE {BILLED} GROUP BY {keys} ORDER BY MIN(seq)"
        )
    ]


def sums_of_a_round(db: sqlite3.Connection, number: int) -> dict[str, list[int]]:
    """Agent → billed calls, prompt tokens and completion tokens of one round."""
    return {
        row["agent"]: [row["calls"], row["prompt_tokens"], row["completion_tokens"]]
        for row in sums(db, "agent", "round")
        if row["round"] == number
    }


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
