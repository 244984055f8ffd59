"""Calls: the attempts in the ledger as a list, and one attempt with all that was said."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evokd.ledger import attempts
from evokd.ledger.edge import PATHS
from evokd.runs.files import Unreadable, reading
from evokd.runs.run import Run
from evokd.runs.trace import TracedEvent, told

MADE = ("analysed", "drafted", "voted", "judged", "misread", "mended")
"""Types of events that say what came out of a call."""


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
    made: list[TracedEvent] = field(default_factory=list)
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
        where: Column of `attempts.FILTERS` → its value.
        order: A key of `attempts.ORDERS`.
        down: The largest first.
        start: Attempts to pass over.
        rows: Attempts at most.

    Raises:
        Unreadable: there is no ledger.
    """
    with reading(run.path, "ledger.sqlite") as db:
        total, found = attempts.list_calls(db, where, order, down, start, rows)
        return total, [with_seconds(row) for row in found]


def choices(run: Run) -> dict[str, list[str]]:
    """The values that each filter can take.

    Raises:
        Unreadable: there is no ledger.
    """
    with reading(run.path, "ledger.sqlite") as db:
        return attempts.values_of(db, "source", "target", "agent", "status", "model")


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
                elif event.type in MADE:
                    call.made.append(event)
            if call.book.get("source") == PATHS:
                clause = "type = 'decoded' AND round = ? AND instr(body, ?)"
                call.made += told(db, clause, (call.book.get("round"), name))
    except Unreadable as problem:
        call.notes.append(str(problem))
    return call if known else None


def _from_ledger(db: sqlite3.Connection, call: Call, name: str) -> bool:
    row = attempts.one_call(db, name)
    if row is None:
        return False
    call.book = row
    call.reply, call.parsed, call.error = row["text"], row["reply"], row["error"]
    call.attempts = [with_seconds(one) for one in attempts.attempts_at(db, row)]
    return True


def _from_trace(call: Call, event: TracedEvent) -> None:
    body = event.body
    call.book = {**body, "target": event.node, "opened_at": body.get("at"), **call.book}
    call.messages = messages_of(body.get("messages"))
    call.reply = body.get("reply") if isinstance(body.get("reply"), str) else call.reply
    call.error = event.text("error") or call.error


def messages_of(found: Any) -> list[tuple[str, str]]:
    """Role and text of messages, as far as they can be read."""
    pairs: Sequence[Any] = found if isinstance(found, list) else ()
    return [(str(one[0]), str(one[1])) for one in pairs if isinstance(one, list) and len(one) == 2]


def with_seconds(row: dict[str, Any]) -> dict[str, Any]:
    """A call of a list, and how long it took."""
    return {**row, "seconds": seconds_of(row)}


def seconds_of(row: Mapping[str, Any]) -> float | None:
    """From opened to closed; None while it is open."""
    try:
        closed = datetime.fromisoformat(row["closed_at"])
        return (closed - datetime.fromisoformat(row["opened_at"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        value = row.get("seconds")
        return float(value) if isinstance(value, (int, float)) else None
