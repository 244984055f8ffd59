"""Which calls were useful: those of tasks on the checkpoint lineage that survived.

Read straight from LangGraph's SQLite tables, so that `evokd tokens` needs no langgraph and a
long run pays one query a round. A test checks it against a walk with LangGraph's own API.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from evokd.store.sqlite import connect_read_only


def useful_tasks(checkpoints: Path, thread: str) -> set[str]:
    """Task ids from the newest checkpoint back to the first.

    A checkpoint's writes count where its child was made by the loop; a child made by a fork or
    an update dropped them. The newest one's own writes are finished siblings of a step that is
    still open: a resume keeps them, so they count.
    """
    try:
        db = connect_read_only(checkpoints)
    except FileNotFoundError:
        return set()
    try:
        return _walk(db, thread)
    except sqlite3.OperationalError:  # killed before LangGraph made its tables
        return set()
    finally:
        db.close()


def _walk(db: sqlite3.Connection, thread: str) -> set[str]:
    parents: dict[str, str | None] = {}
    sources: dict[str, str] = {}
    for row in db.execute(
        "SELECT checkpoint_id, parent_checkpoint_id, metadata FROM checkpoints"
        " WHERE thread_id = ? AND checkpoint_ns = '' ORDER BY checkpoint_id",
        (thread,),
    ):
        parents[row[0]] = row[1]
        sources[row[0]] = json.loads(row[2]).get("source", "")
    if not parents:
        return set()
    here: str | None = max(parents)  # ids are UUIDv6: they sort by time
    kept = {here}
    while here is not None:
        parent = parents.get(here)
        if parent is not None and sources[here] == "loop":
            kept.add(parent)
        here = parent
    return {
        task
        for checkpoint, task in db.execute(
            "SELECT DISTINCT checkpoint_id, task_id FROM writes WHERE thread_id = ?"
            " AND checkpoint_ns = '' AND channel NOT IN ('__error__', '__interrupt__')",
            (thread,),
        )
        if checkpoint in kept
    }
