"""Sums over the books: billed, useful and by edge, agent, voter, model, round or call.

`voter` tells the endpoints of a role apart, whose models may have equal names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any, Literal

By = Literal["edge", "agent", "voter", "model", "round", "call"]
KEYS: dict[By, tuple[str, ...]] = {
    "edge": ("source", "target"),
    "agent": ("agent",),
    "voter": ("agent", "voter", "model"),
    "model": ("model",),
    "round": ("round",),
    "call": ("id", "round", "source", "target", "agent", "model", "status"),
}

_BILLED = "status NOT IN ('replayed', 'unsent')"
# SUM skips NULL, and an unknown price must make the total unknown
_USD = "CASE WHEN COUNT(*) = COUNT(usd) THEN SUM(usd) END AS usd"
_SUMS = (
    "COUNT(*) AS calls, COALESCE(SUM(prompt_tokens), 0) AS prompt_tokens,"
    " COALESCE(SUM(completion_tokens), 0) AS completion_tokens"
)


def totals(db: sqlite3.Connection, useful_tasks: Collection[str], by: By) -> dict[str, Any]:
    """The document that `evokd tokens --format json` prints.

    Args:
        db: an open ledger.
        useful_tasks: task ids on the checkpoint lineage that survived.
        by: what the rows are keyed by; freight moves along edges, so it is null by voter, model and
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
        "useful": _useful(db, useful_tasks),
        "replayed_calls": counts["replayed"],
        "open_calls": counts["open"],
        "estimated_calls": counts["estimated"],
        "rows": _rows(db, by),
    }


def _useful(db: sqlite3.Connection, tasks: Collection[str]) -> dict[str, int]:
    """Sum of the ok calls of these tasks; summed here, for SQLite limits variables in a query."""
    wanted = set(tasks)
    total = {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0}
    for task, calls, prompt, completion in db.execute(
        f"SELECT task, {_SUMS} FROM calls WHERE status = 'ok' GROUP BY task"
    ):
        if task in wanted:
            total["calls"] += calls
            total["prompt_tokens"] += prompt
            total["completion_tokens"] += completion
    return total


def _rows(db: sqlite3.Connection, by: By) -> list[dict[str, Any]]:
    names = ", ".join(KEYS[by])
    spent = db.execute(
        f"SELECT {names}, {_SUMS}, {_USD} FROM calls WHERE {_BILLED}"
        f" GROUP BY {names} ORDER BY MIN(seq)"
    )
    columns = _FREIGHT_COLUMNS.get(by)
    if columns is None:
        return [{**dict(row), "freight_tokens": None} for row in spent]
    rows = {tuple(row)[: len(columns)]: {**dict(row), "freight_tokens": 0} for row in spent}
    for row in db.execute(
        f"SELECT {', '.join(columns)}, SUM(tokens) FROM freight"
        f" GROUP BY {', '.join(columns)} ORDER BY MIN(rowid)"
    ):
        *key, tokens = row
        rows.setdefault(tuple(key), _unspent(KEYS[by], key))["freight_tokens"] = tokens
    return list(rows.values())


_FREIGHT_COLUMNS: dict[By, tuple[str, ...]] = {
    "edge": ("source", "target"),
    "agent": ("target",),
    "round": ("round",),
}


def _unspent(names: tuple[str, ...], key: list[Any]) -> dict[str, Any]:
    """A row for an edge that only carried freight."""
    empty = {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "usd": None}
    return {**dict(zip(names, key, strict=True)), **empty}
