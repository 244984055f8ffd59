"""A run at work, watched from beside it: what it has billed, and what is in flight."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from evokd.ledger.attempts import last_number, open_since
from evokd.ledger.call import Amounts
from evokd.ledger.totals import spent_by_agent
from evokd.store.sqlite import connect_read_only


class CallsInFlight:
    """How many requests are in flight: rows that this process opened and has not yet closed.

    Rows that an earlier process left open when it was killed lie before `_after` and never count.
    """

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self.earlier: dict[str, Amounts] = {}
        """Agent → what earlier processes billed for it."""
        self._after = 0
        """The last row they wrote."""
        try:
            with closing(connect_read_only(ledger)) as db:
                self.earlier = spent_by_agent(db)
                self._after = last_number(db)
        except (FileNotFoundError, sqlite3.OperationalError):  # a run that has yet to begin
            return

    def count(self) -> int:
        """Reads the rows since the oldest open one alone; a connection each, as any thread asks."""
        try:
            with closing(connect_read_only(self._ledger)) as db:
                rows = open_since(db, self._after)
        except (FileNotFoundError, sqlite3.Error):
            return 0
        still = [seq for seq, is_open in rows if is_open]
        if rows:
            self._after = still[0] - 1 if still else rows[-1][0]
        return len(still)
