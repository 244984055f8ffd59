"""Calls of the same role: the one before, the one after, those of a round.

What the columns mean: `evokd.ledger.tables`.
"""

from __future__ import annotations

import sqlite3
from typing import Any

MOST = 5000
"""Calls of a role and round that are looked at."""


def beside(db: sqlite3.Connection, agent: str, number: int, *, after: bool) -> str | None:
    """Id of the attempt of a role that was opened next before, or after, the one of this number."""
    compared, turned = (">", "ASC") if after else ("<", "DESC")
    query = f"SELECT id FROM calls WHERE agent = ? AND seq {compared} ? ORDER BY seq {turned}"
    found = db.execute(f"{query} LIMIT 1", (agent, number)).fetchone()
    return None if found is None else str(found[0])


def of_round(db: sqlite3.Connection, agent: str, number: int | None) -> list[dict[str, Any]]:
    """Id, round, slot and voter of a role's attempts in a round, in the order they were opened.

    Args:
        db: An open ledger.
        agent: The role.
        number: Of the round; None: the first attempt of any.
    """
    where, values = "agent = ?", [agent]
    query = "SELECT id, round, slot, voter FROM calls WHERE {} ORDER BY seq LIMIT {}"
    if number is None:
        found = db.execute(query.format(where, 1), values)
    else:
        found = db.execute(query.format(f"{where} AND round = ?", MOST), (*values, number))
    return [dict(row) for row in found]
