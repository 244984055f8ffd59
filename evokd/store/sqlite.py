"""One way to open a SQLite file: WAL, so readers never block the run that writes.

`synchronous=NORMAL` in WAL mode keeps every committed row through a killed process; only a power
cut can lose the last commits, and never damages the file.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


def connect(path: Path, schema: str) -> sqlite3.Connection:
    """Open or create a database in autocommit mode and lay out `schema` (idempotent DDL)."""
    # one writer, but `langgraph dev` builds the graph on another thread than it runs it
    db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.executescript(schema)
    return db


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open an existing database without ever writing to it.

    Raises:
        FileNotFoundError: when there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    db = sqlite3.connect(read_only_address(path), uri=True, timeout=30)
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
