from __future__ import annotations

import sqlite3
from pathlib import Path

from evokd.store.event_log import EventLog
from evokd.store.events import Analysed, Drafted, Warned
from evokd.store.row_references import references_of

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


def test_a_log_that_is_opened_again_keeps_its_references(tmp_path: Path) -> None:
    write(tmp_path / "events.sqlite")
    log = EventLog(tmp_path / "events.sqlite")
    log.add(DRAFTED.model_copy(update={"row": "r002-h001", "rewrites": []}))
    log.close()
    log = EventLog(tmp_path / "events.sqlite")
    assert noted(log.db) == sorted([*NOTED, ("train-2", "parent", 4)])
    log.close()


def test_an_event_that_names_no_row_has_no_references() -> None:
    assert references_of({"type": "warned", "text": "t"}) == []
