from __future__ import annotations

import sqlite3
from pathlib import Path

from evokd.store.events import Analysed, Drafted, EventLog, Warned
from evokd.store.mentions import VERSION, mentions_of

ANALYSED = Analysed(
    round=1, node="analyst", text="a", right=["train-1"], wrong=["train-2"], cited=["train-2"]
)
DRAFTED = Drafted(
    round=1,
    node="hard_generator",
    row="r001-h001-retry1",
    text="t",
    kind="hard",
    intended_label=None,
    parents=["train-2"],
    rewrites=["r001-h001"],
)
NOTED = [
    ("r001-h001", "rewritten", 3),
    ("train-1", "right", 2),
    ("train-2", "cited", 2),
    ("train-2", "parent", 3),
    ("train-2", "wrong", 2),
]


def noted(db: sqlite3.Connection) -> list[tuple[str, str, int]]:
    return [
        tuple(row) for row in db.execute("SELECT row, how, seq FROM mentions ORDER BY row, how")
    ]


def write(path: Path) -> None:
    log = EventLog(path)
    for event in (Warned(text="first"), ANALYSED, DRAFTED):
        log.add(event)
    log.close()


def test_what_an_event_says_of_other_rows_is_found_by_the_row(tmp_path: Path) -> None:
    write(tmp_path / "events.sqlite")
    log = EventLog(tmp_path / "events.sqlite")
    assert noted(log.db) == NOTED
    log.close()


def test_a_file_of_an_earlier_version_is_completed_once(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    write(path)
    db = sqlite3.connect(path)
    db.execute("DROP TABLE mentions")
    db.execute("PRAGMA user_version = 0")
    db.close()
    log = EventLog(path)
    assert noted(log.db) == NOTED
    assert log.db.execute("PRAGMA user_version").fetchone()[0] == VERSION
    log.db.execute("DELETE FROM mentions")
    log.close()
    log = EventLog(path)
    assert noted(log.db) == []
    log.close()


def test_events_of_earlier_versions_lack_fields() -> None:
    old = {"type": "analysed", "right": [], "wrong": ["train-2"]}
    assert mentions_of(old) == [("train-2", "wrong")]
    assert mentions_of({"type": "warned", "text": "t"}) == []
