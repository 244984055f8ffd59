"""The index of a run's texts: SQLite's FTS5, in the reader's own cache folder, never in the run.

    index = SearchIndex(run)
    index.catch_up(until=time.monotonic() + 0.5)
    index.find(parse('"on day 77" -seller').terms)     # numbers of calls in the ledger

It holds words and where they stand, not the texts, and may be deleted at any time. Only events that
are new are read. The last one that was read is noted: where it is another now, the run is another
one, and all is read anew. Several threads and processes may read and write: each takes its turn and
goes on where the last one stopped.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evokd.ledger.listing import numbers_of
from evokd.runs.files import reading
from evokd.runs.run import Run
from evokd.runs.search.index_file import IndexFile, begin_to_write, folder
from evokd.runs.search.query import PARTS, Term
from evokd.runs.search.texts import CallTexts
from evokd.runs.trace import last_seq, told

MOST_CALLS, MOST_CHARACTERS = 1000, 4_000_000
"""Read and written at once: so much lies in memory, and so long others wait for their turn."""
SLOW_S = 5.0
"""A search that takes longer is given up."""


class TooSlow(Exception):
    """A search that was given up."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an index is."""

    read: int
    """Number of the last event that was read."""
    last: int
    """Number of the last one there is."""
    mark: str
    """Another one whenever the index has changed."""

    @property
    def whole(self) -> bool:
        return self.read >= self.last

    @property
    def share(self) -> float:
        """Of the events, between 0 and 1."""
        return 1.0 if self.whole else self.read / self.last


class SearchIndex:
    """The index of one run. Opens its file for each question, so any thread may ask."""

    def __init__(self, run: Run) -> None:
        self.run = run
        place = str(run.path.resolve()).encode(errors="surrogateescape")
        self._file = IndexFile(folder() / f"{hashlib.sha256(place).hexdigest()[:32]}.sqlite")

    @property
    def path(self) -> Path:
        return self._file.path

    def discard(self) -> None:
        """Throw it away; the next question makes it again."""
        self._file.discard()

    def catch_up(self, until: float) -> Progress:
        """Read what is new, at least a part of it, until `time.monotonic()` is so far.

        Returns at once where another thread or process is at it.

        Raises:
            NoIndex: nothing can be written.
            Unreadable: the run has no trace or no ledger.
        """
        while True:
            with self._file.open() as db:
                progress = self._read_more(db) if begin_to_write(db) else None
                if progress is None:
                    return self._progress(db)
            if progress.whole or time.monotonic() >= until:
                return progress

    def progress(self) -> Progress:
        """How far it is; reads nothing new.

        Raises:
            NoIndex: there can be none.
            Unreadable: the run has no trace.
        """
        with self._file.open() as db:
            return self._progress(db)

    def _progress(self, db: sqlite3.Connection) -> Progress:
        read, mark = db.execute("SELECT read, mark FROM about").fetchone()
        with reading(self.run.path, "events.sqlite") as events:
            return Progress(read, last_seq(events), mark)

    def find(self, terms: Sequence[Term]) -> array[int]:
        """Numbers of the calls that fit all terms, in order; only of those that were read.

        Raises:
            NoIndex: there is none.
            TooSlow: more than `SLOW_S`.
        """
        wanted, unwanted = _expressions(terms)
        if wanted:
            expression = f"({wanted}) NOT ({unwanted})" if unwanted else wanted
            query = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid"
        else:
            expression = unwanted
            query = "SELECT number FROM numbers"
            if unwanted:
                query += " WHERE number NOT IN (SELECT rowid FROM texts WHERE texts MATCH ?)"
        until = time.monotonic() + SLOW_S
        with self._file.open() as db:
            db.set_progress_handler(lambda: time.monotonic() > until, 20_000)
            try:
                return _column(db.execute(query, (expression,) if expression else ()))
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    raise TooSlow from None
                raise

    def _read_more(self, db: sqlite3.Connection) -> Progress:
        """Read some calls and note how far; ends the transaction that was begun."""
        with db:
            read, mark = db.execute("SELECT read, mark FROM about").fetchone()
            with reading(self.run.path, "events.sqlite") as events:
                last = last_seq(events)
                if read and (read > last or _mark(events, read) != mark):
                    _empty(db)
                    read, mark = 0, ""
                if read == last:
                    return Progress(read, last, mark)
                some, until = _next(events, read, last)
                mark = _mark(events, until)
            with reading(self.run.path, "ledger.sqlite") as ledger:
                numbers = numbers_of(ledger, [texts.call for texts in some])
            for texts in some:
                if texts.call in numbers:
                    _add(db, numbers[texts.call], texts)
            db.execute("UPDATE about SET read = ?, mark = ?", (until, mark))
        return Progress(until, last, mark)


def _column(rows: sqlite3.Cursor) -> array[int]:
    """The first column, read in large pieces: row by row takes five times as long."""
    rows.row_factory = None
    found = array("q")
    while some := rows.fetchmany(20_000):
        found.extend([number for (number,) in some])
    return found


def _next(events: sqlite3.Connection, read: int, last: int) -> tuple[list[CallTexts], int]:
    """Texts of the next calls, and the number of the event until which they were read."""
    some, characters = [], 0
    # the plus keeps SQLite from the index by type: it has to go by number
    for event in told(events, "+type = 'called' AND seq > ? AND seq <= ?", (read, last)):
        some.append(CallTexts.of(event))
        characters += some[-1].size
        if len(some) >= MOST_CALLS or characters >= MOST_CHARACTERS:
            return some, event.seq
    return some, last


def _mark(events: sqlite3.Connection, number: int) -> str:
    """What tells an event from that of another run with the same number."""
    found = events.execute("SELECT at, type, call FROM events WHERE seq = ?", (number,)).fetchone()
    return "" if found is None else f"{number} {' '.join(map(str, found))}"


def _add(db: sqlite3.Connection, number: int, texts: CallTexts) -> None:
    new = db.execute("INSERT OR IGNORE INTO numbers VALUES (?)", (number,)).rowcount
    if new:  # a trace that tells of a call twice must not stand in the index twice
        columns = ", ".join(("rowid", *PARTS))
        places = ", ".join("?" * (1 + len(PARTS)))
        values = (number, *(texts.folded(part) for part in PARTS))
        db.execute(f"INSERT INTO texts ({columns}) VALUES ({places})", values)


def _empty(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO texts (texts) VALUES ('delete-all')")
    db.execute("DELETE FROM numbers")
    db.execute("UPDATE about SET read = 0, mark = ''")


def _expressions(terms: Sequence[Term]) -> tuple[str, str]:
    """What FTS5 is asked: what has to be there, and what must not.

    Words hold letters and figures alone and stand in quotation marks, so nothing that was typed is
    read as a part of FTS5's own language.
    """
    wanted = " AND ".join(_phrase(term) for term in terms if not term.without)
    return wanted, " OR ".join(_phrase(term) for term in terms if term.without)


def _phrase(term: Term) -> str:
    column = f"{term.part} : " if term.part else ""
    return f'{column}"{" ".join(term.words)}"{" *" if term.begins else ""}'
