"""The file of an index: in the reader's own cache folder, laid out whole or not at all.

It may be deleted at any time. One that is damaged, or is no index of ours, is thrown away; one that
nobody looked at for long is deleted when another one is made.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdirs import user_cache_path

from evokd.runs.search.query import PARTS
from evokd.store.sqlite import DamagedDatabase, connect, is_damage

APPLICATION, LAYOUT = 0x65766B64, 1
"""Stand in the file's head: whose it is, and how it is laid out."""
_HEAD = ("application_id", "user_version")
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS about (one INTEGER PRIMARY KEY, read INTEGER, mark TEXT);
CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY);
CREATE VIRTUAL TABLE IF NOT EXISTS texts
  USING fts5 ({", ".join(PARTS)}, content='', columnsize=0, tokenize='ascii');
INSERT OR IGNORE INTO about VALUES (1, 0, '');
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {LAYOUT};
"""
"""`about`: the last event that was read, and what tells it from that of another run. `numbers`:
calls whose texts were read; their numbers in the ledger are the rows of `texts`."""
PATIENCE_MS = 100
"""To wait for another one who writes."""
KEPT_DAYS = 60
"""Since somebody looked."""


class NoIndex(Exception):
    """There can be no index: the folder can't be written; its text is for people."""


def folder() -> Path:
    """Where indexes lie; XDG_CACHE_HOME says where else."""
    return user_cache_path("evokd", appauthor=False, opinion=False) / "search"


class IndexFile:
    """One file; opened for each question, so any thread may ask."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """The file, laid out.

        Raises:
            NoIndex: it can't be made, or what is done with it in the block goes wrong.
        """
        try:
            db = self._ours() or self._anew()
            try:
                yield db
            finally:
                db.close()
        except (sqlite3.Error, OSError) as error:
            if _is_broken(error):
                self.discard()  # the next question makes it again
            raise NoIndex(f"{self.path.parent}: can't be used for an index ({error})") from error

    def _ours(self) -> sqlite3.Connection | None:
        """The file that is there; None where there is none, or a damaged or a foreign one."""
        if not self.path.is_file():
            return None
        db = None
        try:
            db = connect(self.path, "")
            head = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in _HEAD]
            if head == [APPLICATION, LAYOUT]:
                self._touch()
                return db
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
        if db is not None:
            db.close()
        self.discard()
        return None

    def _anew(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(self.path.parent)
        # laid out beside its place: another reader must not find half a file, and take it for none
        made = self.path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            connect(made, SCHEMA).close()
            with suppress(FileExistsError):
                os.link(made, self.path)
        finally:
            made.unlink(missing_ok=True)
        return connect(self.path, "")

    def _touch(self) -> None:
        """Note, once a day, that somebody looked."""
        if time.time() - self.path.stat().st_mtime > 86_400:
            with suppress(OSError):
                os.utime(self.path)

    def discard(self) -> None:
        """Throw the file away."""
        for end in ("", "-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)


def begin_to_write(db: sqlite3.Connection) -> bool:
    """Begin a transaction; False where somebody else writes."""
    try:
        db.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _is_broken(error: Exception) -> bool:
    if isinstance(error, DamagedDatabase):
        return True
    return isinstance(error, sqlite3.Error) and is_damage(error)


def _sweep(where: Path) -> None:
    """Delete what nobody looked at for long."""
    for old in where.iterdir():
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > KEPT_DAYS * 86_400:
                old.unlink()
