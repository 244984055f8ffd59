"""The checkpoints of a run: LangGraph's SQLite saver, closed so that nothing stays locked."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from evokd.store.sqlite import DamagedDatabase, is_damage


@contextlib.asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """The saver of one session; a database that isn't there is begun.

    When a node fails LangGraph may leave a write of its sibling half done. SQLite keeps a closed
    connection, with its lock, for as long as one of its cursors lives (`sqlite3_close_v2`), and
    that cursor waits for the garbage collector: a resume in the same process found the database
    locked.

    Raises:
        DamagedDatabase: whenever a damaged page is read.
    """
    try:
        async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
            # as in evokd.store.sqlite: a commit survives a kill without waiting for the disk
            await saver.conn.execute("PRAGMA synchronous=NORMAL")
            try:
                yield saver
            finally:
                async with saver.lock:  # a write in progress comes to its commit
                    await saver.conn.rollback()  # one that was cancelled never will
    except sqlite3.DatabaseError as error:
        if isinstance(error, DamagedDatabase) or not is_damage(error):
            raise
        raise DamagedDatabase(path, f"is damaged ({error})") from error
