"""Calls: the attempts in the ledger as a list, and one attempt with all that was said."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evokd.viewer.files import Unreadable, reading
from evokd.viewer.run import Run
from evokd.viewer.trace import Told, told

FILTERS = ("round", "source", "target", "status", "model")
"""Columns that the list can be narrowed by."""
_LISTED = (
    "id, round, source, target, model, voter, slot, attempt, template, status, prompt_tokens,"
    " completion_tokens, estimated_prompt_tokens + estimated_completion_tokens AS estimated,"
    " usd, opened_at, closed_at"
)
ORDERS = {
    "seq": "seq",
    "tokens": "prompt_tokens + completion_tokens",
    "prompt": "prompt_tokens",
    "completion": "completion_tokens",
    "round": "round",
    "seconds": "julianday(closed_at) - julianday(opened_at)",
}
"""What the list can be sorted by, in SQL."""


@dataclass
class Call:
    """One attempt."""

    book: dict[str, Any]
    """Its row in the ledger; some fields are missing where only the trace has it."""
    messages: list[tuple[str, str]] = field(default_factory=list)
    reply: str | None = None
    """What the model said, usable or not."""
    parsed: str | None = None
    """The usable reply as JSON, as the journal keeps it."""
    error: str | None = None
    made: list[Told] = field(default_factory=list)
    """Texts, votes, verdicts and analyses that came out of it."""
    attempts: list[dict[str, Any]] = field(default_factory=list)
    """All attempts at the same request, this one among them."""
    notes: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float | None:
        """From the moment it left until it was closed."""
        return seconds_of(self.book)


def list_calls(
    run: Run, where: Mapping[str, str], order: str, down: bool, start: int, rows: int
) -> tuple[int, list[dict[str, Any]]]:
    """How many attempts fit, and one page of them.

    Args:
        run: The run.
        where: Column of `FILTERS` → its value.
        order: A key of `ORDERS`.
        down: The largest first.
        start: Attempts to pass over.
        rows: Attempts at most.

    Raises:
        Unreadable: there is no ledger.
    """
    clause = " AND ".join(f"{name} = ?" for name in where if name in FILTERS) or "1"
    values = [value for name, value in where.items() if name in FILTERS]
    turned = "DESC" if down else "ASC"
    with reading(run.path, "ledger.sqlite") as db:
        total = db.execute(f"SELECT COUNT(*) FROM calls WHERE {clause}", values).fetchone()[0]
        found = db.execute(
            f"SELECT {_LISTED} FROM calls WHERE {clause}"
            f" ORDER BY {ORDERS[order]} {turned}, seq {turned} LIMIT ? OFFSET ?",
            [*values, rows, start],
        )
        return total, [_with_seconds(dict(row)) for row in found]


def choices(run: Run) -> dict[str, list[str]]:
    """The values that each filter can take.

    Raises:
        Unreadable: there is no ledger.
    """
    with reading(run.path, "ledger.sqlite") as db:
        return {
            name: [
                str(row[0]) for row in db.execute(f"SELECT DISTINCT {name} FROM calls ORDER BY 1")
            ]
            for name in ("source", "target", "status", "model")
        }


def read_call(run: Run, name: str) -> Call | None:
    """An attempt by its id; None where neither ledger nor trace knows it."""
    call = Call({"id": name})
    known = False
    try:
        with reading(run.path, "ledger.sqlite") as db:
            known = _from_ledger(db, call, name)
    except Unreadable as problem:
        call.notes.append(str(problem))
    try:
        with reading(run.path, "events.sqlite") as db:
            for event in told(db, "call = ?", (name,)):
                if event.type == "called":
                    known = True
                    _from_trace(call, event)
                elif event.type in ("analysed", "drafted", "voted", "judged", "misread"):
                    call.made.append(event)
    except Unreadable as problem:
        call.notes.append(str(problem))
    return call if known else None


def _from_ledger(db: sqlite3.Connection, call: Call, name: str) -> bool:
    row = db.execute("SELECT * FROM calls WHERE id = ?", (name,)).fetchone()
    if row is None:
        return False
    call.book = dict(row)
    call.reply, call.parsed, call.error = row["text"], row["reply"], row["error"]
    found = db.execute(
        f"SELECT {_LISTED} FROM calls WHERE task = ? AND slot = ? ORDER BY seq LIMIT 100",
        (row["task"], row["slot"]),
    )
    call.attempts = [_with_seconds(dict(one)) for one in found]
    return True


def _from_trace(call: Call, event: Told) -> None:
    body = event.body
    call.book = {**body, "target": event.node, "opened_at": body.get("at"), **call.book}
    call.messages = _messages(body.get("messages"))
    call.reply = body.get("reply") if isinstance(body.get("reply"), str) else call.reply
    call.error = event.text("error") or call.error


def _messages(found: Any) -> list[tuple[str, str]]:
    pairs: Sequence[Any] = found if isinstance(found, list) else ()
    return [(str(one[0]), str(one[1])) for one in pairs if isinstance(one, list) and len(one) == 2]


def _with_seconds(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "seconds": seconds_of(row)}


def seconds_of(row: Mapping[str, Any]) -> float | None:
    """From opened to closed; None while it is open."""
    try:
        closed = datetime.fromisoformat(row["closed_at"])
        return (closed - datetime.fromisoformat(row["opened_at"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        value = row.get("seconds")
        return float(value) if isinstance(value, (int, float)) else None
