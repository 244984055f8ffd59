"""One way to open a SQLite file: WAL, so readers never block the run that writes.

`synchronous=NORMAL` in WAL mode keeps every committed row through a killed process; only a power
cut can lose the last commits, and never damages the file.
"""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evokd.config import RunError

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class DamagedDatabase(RunError, sqlite3.DatabaseError):
    """A database of a run that can't be read any more, by its path."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}; put back a copy of it, or begin a new run")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file is none of its own, or that its pages contradict."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE


def _naming(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, whose errors say which file is damaged: SQLite's own don't."""

    @functools.wraps(method)
    def call(self: sqlite3.Cursor, *args: Any) -> Any:
        try:
            return method(self, *args)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            path = getattr(self.connection, "path", Path())
            raise DamagedDatabase(path, f"is damaged ({error})") from error

    return call


class _Cursor(sqlite3.Cursor):
    """Damage shows where a page is read: at any statement, and at any row of its answer."""

    execute = _naming(sqlite3.Cursor.execute)
    executemany = _naming(sqlite3.Cursor.executemany)
    executescript = _naming(sqlite3.Cursor.executescript)
    fetchone = _naming(sqlite3.Cursor.fetchone)
    fetchmany = _naming(sqlite3.Cursor.fetchmany)
    fetchall = _naming(sqlite3.Cursor.fetchall)
    __next__ = _naming(sqlite3.Cursor.__next__)


class _Connection(sqlite3.Connection):
    """Knows its file."""

    path = Path()

    def cursor(self, *_: Any, **__: Any) -> Any:
        return super().cursor(_Cursor)

    # SQLite's own ask for a cursor of its own
    def execute(self, *args: Any) -> Any:
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:
        return self.cursor().executemany(*args)

    def executescript(self, *args: Any) -> Any:
        return self.cursor().executescript(*args)


def connect(path: Path, schema: str) -> sqlite3.Connection:
    """Open or create a database in autocommit mode and lay out `schema` (idempotent DDL).

    Raises:
        DamagedDatabase: here, or at any later statement.
    """
    # one writer, but `langgraph dev` builds the graph on another thread than it runs it
    db = sqlite3.connect(
        path, isolation_level=None, timeout=30, check_same_thread=False, factory=_Connection
    )
    db.path = path
    db.row_factory = sqlite3.Row
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(schema)
    except sqlite3.Error:
        db.close()
        raise
    return db


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open an existing database without ever writing to it.

    Raises:
        FileNotFoundError: when there is no such file.
        DamagedDatabase: at any statement.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    db = sqlite3.connect(read_only_address(path), uri=True, timeout=30, factory=_Connection)
    db.path = path
    db.row_factory = sqlite3.Row
    return db


def read_only_address(path: Path) -> str:
    """The address that opens a database without writing a byte, beside it either.

    A reader of a log (WAL) lays files beside the database. Where there is no log nobody writes,
    and a reader that says that the file won't change lays none; where it may not write, nobody
    else can.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        still = log.stat().st_size == 0
    except OSError:
        still = True
    frozen = "&immutable=1" if still or not os.access(path.parent, os.W_OK) else ""
    return f"{path.resolve().as_uri()}?mode=ro{frozen}"
