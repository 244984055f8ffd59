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
    # a WAL reader needs to write beside the file; where it may not, nobody else writes either
    frozen = "" if os.access(path.parent, os.W_OK) else "&immutable=1"
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{frozen}", uri=True, timeout=30)
    db.row_factory = sqlite3.Row
    return db
