"""A run's books for readers: opened read-only, whether the run is running, done or killed."""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from evokd.ledger.ledger import SCHEMA
from evokd.ledger.totals import By, totals
from evokd.store.run_dir import RunDir
from evokd.store.sqlite import connect_read_only
from graph.lineage import useful_tasks


def read_books(run: RunDir, by: By) -> dict[str, Any]:
    """The document of `evokd tokens --format json`, as of one moment."""
    tasks = useful_tasks(run.checkpoints, str(run.run().get("id", "")))
    with closing(_ledger(run.ledger)) as db:
        db.execute("BEGIN")  # all sums from one snapshot, though the run goes on writing
        return totals(db, tasks, by)


def status_of(run: RunDir) -> str:
    """The status in run.json; `killed` for one that says it runs while no process holds it."""
    status = str(run.run().get("status", "unknown"))
    if status != "running":
        return status
    try:
        with (run.path / ".lock").open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go of when the file is closed
    except BlockingIOError:
        return status
    except OSError:
        return "killed at its start"
    return "killed; `evokd resume` goes on with it"


def _ledger(path: Path) -> sqlite3.Connection:
    """The ledger; an empty one for a run that was killed before it laid out its tables."""
    try:
        db = connect_read_only(path)
    except FileNotFoundError:
        return _empty()
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'freight'").fetchone() is None:
        db.close()
        return _empty()
    return db


def _empty() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.executescript(SCHEMA)
    return db


class Pulse:
    """How many requests are in flight: rows that this process opened and has not yet closed.

    Rows that an earlier process left open when it was killed lie before `_after` and never count.
    """

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self.calls, self.tokens, self._after = 0, 0, 0
        """What earlier processes billed, and the last row they wrote."""
        if ledger.is_file():
            with closing(_ledger(ledger)) as db:
                self.calls, self.tokens, self._after = db.execute(
                    "SELECT COALESCE(SUM(status NOT IN ('replayed', 'unsent')), 0),"
                    " COALESCE(SUM((prompt_tokens + completion_tokens)"
                    " * (status NOT IN ('replayed', 'unsent'))), 0), COALESCE(MAX(seq), 0)"
                    " FROM calls"
                ).fetchone()

    def in_flight(self) -> int:
        """Reads the rows since the oldest open one alone; a connection each, as any thread asks."""
        try:
            with closing(connect_read_only(self._ledger)) as db:
                rows = db.execute(
                    "SELECT seq, status = 'open' FROM calls WHERE seq > ? ORDER BY seq",
                    (self._after,),
                ).fetchall()
        except (FileNotFoundError, sqlite3.Error):
            return 0
        still = [seq for seq, is_open in rows if is_open]
        if rows:
            self._after = still[0] - 1 if still else rows[-1][0]
        return len(still)
