"""Calls as lists: which attempts fit some conditions, in which order; and the rows of some of them.

A list is made of the numbers of attempts (`seq`), 8 bytes each, so that one of 300,000 can be kept
and turned over page by page. What the columns mean: `evokd.ledger.tables`.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from evokd.ledger.attempts import LISTED, ORDERS
from evokd.ledger.call import UNUSABLE
from evokd.ledger.reasons import kind_of

Column = Literal["round", "source", "target", "agent", "model", "status", "id", "reason"]
_UNUSABLE = f"status IN ({', '.join(map(repr, UNUSABLE))})"
COLUMNS: dict[Column, str] = {
    **{name: name for name in ("round", "source", "target", "agent", "model", "status", "id")},
    # a call into Python for each attempt, so of those alone that failed
    "reason": f"CASE WHEN {_UNUSABLE} THEN kind_of(error) ELSE '' END",
}
"""What attempts can be told apart by, in SQL; `reason` is the kind of what went wrong."""
AT_ONCE = 500
"""Variables in one statement."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column has to be."""

    column: Column
    how: Literal["is", "has", "begins", "between"]
    """One of the values; the value somewhere in it, or at its beginning, in letters of any size;
    from the first value to the second."""
    values: tuple[str | int, ...]
    without: bool = False
    """Attempts that fit are left out instead."""


def numbers_where(
    db: sqlite3.Connection, conditions: Collection[Condition], order: str, down: bool
) -> array[int]:
    """Numbers of the attempts that fit every condition.

    Args:
        db: An open ledger.
        conditions: None: every attempt.
        order: A key of `attempts.ORDERS`; equal ones stand in the order they were opened.
        down: The largest first.
    """
    db.create_function("kind_of", 1, kind_of, deterministic=True)
    clauses, values = [], []
    for one in conditions:
        clause, own = _clause(one)
        clauses.append(clause)
        values += own
    where = " AND ".join(clauses) or "1"
    turned = "DESC" if down else "ASC"
    if order == "seq":  # sorted here: SQLite then may read a narrow index instead of whole rows
        found = db.execute(f"SELECT seq FROM calls WHERE {where}", values)
        return array("q", sorted((number for (number,) in found), reverse=down))
    by = f"{ORDERS[order]} {turned}, seq {turned}"
    found = db.execute(f"SELECT seq FROM calls WHERE {where} ORDER BY {by}", values)
    return array("q", (number for (number,) in found))


def _clause(one: Condition) -> tuple[str, list[str | int]]:
    column = COLUMNS[one.column]
    if one.how == "is":
        clause, values = f"{column} IN ({_places(len(one.values))})", list(one.values)
    elif one.how == "between":
        clause, values = f"{column} BETWEEN ? AND ?", list(one.values)
    else:
        at = "= 1" if one.how == "begins" else "> 0"
        clause = f"instr(lower({column}), ?) {at}"
        values = [str(one.values[0]).lower()]
    return (f"NOT ({clause})" if one.without else clause), values


def rows_of(db: sqlite3.Connection, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """The attempts with these numbers, in this order; one that is gone is left out."""
    found: dict[int, dict[str, Any]] = {}
    for some in _in_parts(numbers):
        query = f"SELECT seq, agent, {LISTED} FROM calls WHERE seq IN ({_places(len(some))})"
        found |= {row["seq"]: dict(row) for row in db.execute(query, some)}
    return [found[number] for number in numbers if number in found]


def numbers_of(db: sqlite3.Connection, calls: Sequence[str]) -> dict[str, int]:
    """Id → number of the attempts that the ledger has."""
    found: dict[str, int] = {}
    for some in _in_parts(calls):
        query = f"SELECT id, seq FROM calls WHERE id IN ({_places(len(some))})"
        found |= {str(call): int(number) for call, number in db.execute(query, some)}
    return found


def _places(count: int) -> str:
    return ", ".join("?" * count)


def _in_parts(items: Sequence[Any]) -> Iterator[list[Any]]:
    remaining = iter(items)
    while some := list(islice(remaining, AT_ONCE)):
        yield some
