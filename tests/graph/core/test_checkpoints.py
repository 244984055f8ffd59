"""The checkpoints' database is free as soon as a session has closed it."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import empty_checkpoint

from graph.core.checkpoints import open_checkpoints

WHERE: Any = {"configurable": {"thread_id": "run", "checkpoint_ns": "", "checkpoint_id": "1"}}
INSERT = (
    "INSERT INTO writes (thread_id, checkpoint_id, task_id, idx, channel) VALUES (?, ?, ?, ?, ?)"
)


def writes(path: Path) -> list[tuple[str]]:
    """Takes the write lock at once or fails."""
    db = sqlite3.connect(path, timeout=0, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    found = db.execute("SELECT task_id FROM writes").fetchall()
    db.close()
    return found


def test_an_abandoned_write_locks_nobody_out(tmp_path: Path) -> None:
    """Its cursor lives on, as in the traceback of a node that failed."""
    path = tmp_path / "checkpoints.sqlite"

    async def session() -> object:
        async with open_checkpoints(path) as saver:
            await saver.setup()
            return await saver.conn.executemany(INSERT, [("run", "1", "abandoned", 0, "drafts")])

    cursor = asyncio.run(session())
    assert writes(path) == []
    del cursor


def test_a_write_in_progress_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.sqlite"

    async def session() -> None:
        async with open_checkpoints(path) as saver:
            await saver.aput(WHERE, empty_checkpoint(), {}, {})
            task = asyncio.create_task(saver.aput_writes(WHERE, [("drafts", "x")], "sibling"))
            while not saver.lock.locked():
                await asyncio.sleep(0)
        await task

    asyncio.run(session())
    assert writes(path) == [("sibling",)]
