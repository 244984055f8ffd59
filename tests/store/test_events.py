from __future__ import annotations

import asyncio
import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from evokd.store.event_log import MOST_WAITING, EventLog, read_events
from evokd.store.events import Drafted, Event, NodeStarted, Warned

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


def texts(path: Path) -> list[str]:
    return [event.text for event in read_events(path) if isinstance(event, Warned)]


async def tell(log: EventLog, *said: str) -> None:
    for text in said:
        log.add(Warned(text=text))


def test_on_a_loop_the_events_of_one_turn_are_one_commit(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    heard: list[Event] = []
    log = EventLog(file, (heard.append,))
    commits: list[str] = []
    log.db.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)

    async def work() -> None:
        await tell(log, *"abc")
        assert len(heard) == 3, "listeners hear each at once"
        assert texts(file) == []
        await asyncio.sleep(0)
        assert texts(file) == ["a", "b", "c"]
        await tell(log, "d")

    asyncio.run(work())
    log.close()
    assert texts(file) == ["a", "b", "c", "d"]
    assert len(commits) == 2


def test_whoever_waits_for_a_node_finds_its_events(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    log = EventLog(file)

    async def work() -> list[str]:
        await asyncio.create_task(tell(log, *"abc"))
        return texts(file)

    assert asyncio.run(work()) == ["a", "b", "c"]
    log.close()


def test_off_the_loop_each_event_is_written_at_once(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.sqlite")
    log.add(Warned(text="a"))
    assert texts(tmp_path / "events.sqlite") == ["a"]
    log.close()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, asyncio.CancelledError])
def test_an_error_loses_no_event(tmp_path: Path, error: type[BaseException]) -> None:
    file = tmp_path / "events.sqlite"

    async def work() -> None:
        log = EventLog(file)
        try:
            await tell(log, "before")
            raise error
        finally:
            await tell(log, "after")
            log.close()

    with pytest.raises(error):
        asyncio.run(work())
    assert texts(file) == ["before", "after"]


def test_a_loop_that_is_held_up_still_writes(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    log = EventLog(file)
    said = [str(number) for number in range(MOST_WAITING + 1)]

    async def work() -> list[str]:
        await tell(log, *said)
        return texts(file)

    assert asyncio.run(work()) == said[:MOST_WAITING]
    log.close()
    assert texts(file) == said


def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    log = EventLog(file)
    log.db.execute("PRAGMA query_only=1")

    async def work() -> None:
        await tell(log, "a", "b")
        with pytest.raises(sqlite3.OperationalError):
            log.write()
        log.db.execute("PRAGMA query_only=0")

    asyncio.run(work())
    log.close()
    assert texts(file) == ["a", "b"]


def die_in_the_next_turn(file: Path) -> None:
    log = EventLog(file)

    async def work() -> None:
        await tell(log, "a", "b")
        await asyncio.sleep(0)
        await tell(log, "c")
        os._exit(9)

    asyncio.run(work())


def test_a_killed_process_loses_no_more_than_the_turn_it_died_in(tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    process = multiprocessing.get_context("spawn").Process(
        target=die_in_the_next_turn, args=(file,)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert texts(file) == ["a", "b"]
