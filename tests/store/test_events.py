from __future__ import annotations

from pathlib import Path

import pytest

from evokd.store.events import Drafted, Event, EventLog, NodeStarted, Warned, read_events

HOSTILE = "<script>\u202e\x1b[31m\x00 \ud800 \u2028"


def test_events_come_back_typed_filtered_and_in_order(tmp_path: Path) -> None:
    heard: list[Event] = []
    log = EventLog(tmp_path / "events.sqlite", (heard.append,))
    log.add(NodeStarted(round=1, node="analyst", source="warm_up", task="t"))
    log.add(
        Drafted(
            round=1,
            node="hard_generator",
            row="r1",
            text="a",
            kind="hard",
            intended_label=None,
            parents=[],
        )
    )
    log.add(Warned(round=2, text="careful"))
    log.close()
    path = tmp_path / "events.sqlite"
    assert [event.type for event in read_events(path)] == ["node_started", "drafted", "warned"]
    assert [event.type for event in read_events(path, round=1, row="r1")] == ["drafted"]
    assert list(read_events(path)) == heard


def test_hostile_text_comes_back_as_it_was(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.sqlite")
    log.add(Warned(text=HOSTILE.replace("\ud800", "")))
    log.close()
    (event,) = read_events(tmp_path / "events.sqlite")
    assert isinstance(event, Warned)
    assert event.text == HOSTILE.replace("\ud800", "")


def test_only_known_columns_can_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such columns"):
        list(read_events(tmp_path / "events.sqlite", **{"1=1; --": "x"}))
