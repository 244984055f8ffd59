"""Calls by round: what each round and edge was billed, and one round's calls in their order.

Rounds are found by the numbers of their first and last call, so that one round of a long run costs
no scan. What the columns mean: `evokd.ledger.tables`.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from evokd.ledger.call import FAILED, UNBILLED


class RoundEdge(NamedTuple):
    """What moved along an edge in a round."""

    round: int
    source: str
    target: str
    first: int
    """Number of its first call."""
    last: int
    attempts: int
    """Rows of the ledger, unbilled ones too."""
    calls: int
    """Attempts that left."""
    failed: int
    """Of these, the ones of which nothing could be used."""
    prompt: int
    """Billed tokens."""
    completion: int
    priced: int
    """Billed calls whose price is known."""
    usd: float
    """Of those."""

    @property
    def billed(self) -> int:
        return self.prompt + self.completion

    @property
    def name(self) -> str:
        return f"{self.source} → {self.target}"


class TimedCall(NamedTuple):
    """An attempt with its times."""

    seq: int
    id: str
    source: str
    target: str
    agent: str
    model: str
    status: str
    prompt: int
    completion: int
    opened_at: str
    closed_at: str | None


def round_edges(db: sqlite3.Connection) -> list[RoundEdge]:
    """All rounds, in one scan; edges in the order of their first call in a round."""
    billed = f"status NOT IN ({', '.join(map(repr, UNBILLED))})"
    failed = f"status IN ({', '.join(map(repr, FAILED))})"
    found = db.execute(
        f"SELECT round, source, target, MIN(seq), MAX(seq), COUNT(*), SUM({billed}), SUM({failed}),"
        f" SUM(CASE WHEN {billed} THEN prompt_tokens ELSE 0 END),"
        f" SUM(CASE WHEN {billed} THEN completion_tokens ELSE 0 END),"
        f" SUM({billed} AND usd IS NOT NULL), TOTAL(CASE WHEN {billed} THEN usd END)"
        " FROM calls GROUP BY round, source, target ORDER BY round, MIN(seq)"
    )
    return [RoundEdge(*row) for row in found]


def calls_of(
    db: sqlite3.Connection, where: int, first: int, last: int, most: int
) -> list[TimedCall]:
    """Attempts of a round with numbers from `first` to `last`, at most so many, in their order."""
    found = db.execute(
        "SELECT seq, id, source, target, agent, model, status, prompt_tokens, completion_tokens,"
        " opened_at, closed_at FROM calls WHERE seq BETWEEN ? AND ? AND round = ? ORDER BY seq"
        " LIMIT ?",
        (first, last, where, most),
    )
    return [TimedCall(*row) for row in found]
