"""The ledger: a row is committed as `open` before the request leaves and closed when it ends.

So nothing spent is ever missing: not a retry, not a rejected reply, not a cancelled sibling, not
the requests in flight when the process was killed (they stay `open`, with an estimate).
"""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path

from evokd.ledger.call import Booking, Closing
from evokd.ledger.hop import Hop
from evokd.store.clock import now
from evokd.store.sqlite import connect

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


class Ledger:
    """The only writer of `ledger.sqlite`; one per run and process."""

    def __init__(self, path: Path) -> None:
        self.db = connect(path, SCHEMA)

    def open(self, hop: Hop, booking: Booking) -> str:
        """Commit a row for a request that is about to leave; gives the call's id.

        The row holds the estimate from the start, so a killed process leaves a usable one.
        """
        call = uuid.uuid4().hex
        prompt, completion = booking.prompt_estimate, booking.max_tokens
        self.db.execute(
            "INSERT INTO calls (id, thread, task, node_attempt, round, source, target, agent,"
            " model, voter, slot, attempt, template, template_sha, prompt_sha, status,"
            " prompt_tokens, completion_tokens, estimated_prompt_tokens,"
            " estimated_completion_tokens, max_tokens, prompt_price, completion_price, usd,"
            " opened_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'open',?,?,?,?,?,?,?,?,?)",
            (
                *(call, hop.thread, hop.task, hop.node_attempt, hop.round, hop.source, hop.target),
                *(booking.agent, booking.model, booking.voter, booking.slot, booking.attempt),
                *(booking.template, booking.template_sha, booking.prompt_sha),
                *(prompt, completion, prompt, completion, booking.max_tokens),
                booking.price.prompt if booking.price else None,
                booking.price.completion if booking.price else None,
                *(booking.usd(prompt, completion), now()),
            ),
        )
        return call

    def close(self, call: str, booking: Booking, closing: Closing) -> tuple[int, int]:
        """Close a row with the reported usage or the best estimate; gives what was booked."""
        prompt, completion, estimated = _tokens(booking, closing)
        usage = closing.usage
        self.db.execute(
            "UPDATE calls SET status=?, prompt_tokens=?, completion_tokens=?,"
            " estimated_prompt_tokens=?, estimated_completion_tokens=?, cached_tokens=?,"
            " reasoning_tokens=?, usd=?, closed_at=?, error=?, text=?, reply=? WHERE id=?",
            (
                *(closing.status, prompt, completion),
                *((prompt, completion) if estimated else (0, 0)),
                *((usage.cached, usage.reasoning) if usage else (0, 0)),
                None if closing.status == "replayed" else booking.usd(prompt, completion),
                *(now(), closing.error, closing.text, closing.reply, call),
            ),
        )
        return prompt, completion

    def replay(self, hop: Hop, booking: Booking) -> tuple[str, str] | None:
        """A finished call of this very task, slot and prompt: its id and reply, booked as free."""
        row = self.db.execute(
            "SELECT id, reply FROM calls WHERE thread=? AND task=? AND slot=? AND prompt_sha=?"
            " AND status='ok' ORDER BY seq DESC LIMIT 1",
            (hop.thread, hop.task, booking.slot, booking.prompt_sha),
        ).fetchone()
        if row is None:
            return None
        self.db.execute("BEGIN")  # killed in between, it would look like a request in flight
        copy = self.open(hop, booking)
        self.close(copy, booking, Closing("replayed", reply=row["reply"]))
        self.db.execute("COMMIT")
        return row["id"], row["reply"]

    def freight(self, hop: Hop, tokens: int) -> None:
        """Book the payload that moved along the edge; a repeated execution counts once."""
        self.db.execute(
            "INSERT OR REPLACE INTO freight VALUES (?,?,?,?,?,?)",
            (hop.thread, hop.task, hop.round, hop.source, hop.target, tokens),
        )

    def spent(self) -> dict[str, tuple[int, float, int]]:
        """Billed (tokens, USD where known, calls) by agent, for budgets of a resumed run."""
        rows = self.db.execute(
            "SELECT agent, SUM(prompt_tokens + completion_tokens), COALESCE(SUM(usd), 0), COUNT(*)"
            " FROM calls WHERE status NOT IN ('replayed', 'unsent') GROUP BY agent"
        )
        return {agent: (tokens, usd, calls) for agent, tokens, usd, calls in rows}

    def close_database(self) -> None:
        self.db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.close_database()
        except sqlite3.ProgrammingError:  # closed already
            return


def _tokens(booking: Booking, closing: Closing) -> tuple[int, int, bool]:
    """Prompt tokens, completion tokens, and whether they are an estimate."""
    if closing.usage is not None:
        return closing.usage.prompt, closing.usage.completion, False
    if closing.status in ("replayed", "unsent"):
        return 0, 0, False
    completion = closing.completion_estimate
    return booking.prompt_estimate, booking.max_tokens if completion is None else completion, True
