"""The index finds what a scan finds, reads only what is new, and survives what befalls a file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evokd.runs.files import Unreadable
from evokd.runs.run import Run, read_run
from evokd.runs.search import index as module
from evokd.runs.search.builder import Builder
from evokd.runs.search.index import SearchIndex
from evokd.runs.search.index_file import KEPT_DAYS, NoIndex
from evokd.runs.search.query import Term, parse
from evokd.runs.search.scan import scan
from evokd.runs.search.texts import CallTexts
from tests.runs.made_run import Maker, make_run

TEXTS = [
    ["The lid cracked on day 77.", "It is a phone."],
    ["Café, “très” bon \x00", "这部手机坏了"],
    ["<b>lid</b> lid_lid DROP TABLE texts; --", "day 7, on 7 days"],
]
ALL = list(range(1, 16))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return read_run(make_run(tmp_path / "runs" / "one", TEXTS).path, "one")


def made_index(run: Run) -> SearchIndex:
    index = SearchIndex(run)
    assert index.catch_up(time.monotonic() + 60).whole
    return index


def found(index: SearchIndex, typed: str) -> list[int]:
    return list(index.find(parse(typed).terms))


def test_words_phrases_beginnings_parts_and_what_is_left_out(run: Run) -> None:
    index = made_index(run)
    assert found(index, "LID") == [2, 12]
    assert found(index, '"on day 77"') == [2]
    assert found(index, '"day on"') == []
    assert found(index, "day") == [2, 14]
    assert found(index, "day -cracked") == [14]
    assert found(index, "crack") == [] and found(index, "crack*") == [2]
    assert found(index, "cafe tres") == [7]
    assert found(index, "手机") == [9] and found(index, "机手") == []
    assert found(index, "prompt:review") == ALL and found(index, "reply:review") == []
    assert found(index, "prompt:lid") == [] and found(index, "reply:lid") == [2, 12]
    assert found(index, '"brief write"') == [], "no phrase runs from one message into the next"
    assert found(index, "-review") == [] and found(index, "") == ALL
    assert len(found(index, "-lid -phone")) == 12


@pytest.mark.parametrize(
    "typed",
    ['"', '"lid', "lid*", 'lid" OR "day', "reply : lid", "{prompt reply} : lid", "NEAR(lid day, 9)",
     "^lid", "lid AND NOT", "-", "--", "(", "lid)", "texts:lid", "rowid:1", "'; DROP TABLE x; --",
     "\x00", "\ud800", "*", "a*b*", "lid + day", "-" * 400, '"' * 399, "a " * 200, "-a " * 130],
)  # fmt: skip
def test_nothing_that_is_typed_is_an_error(run: Run, typed: str) -> None:
    index = made_index(run)
    terms = parse(typed).terms
    assert list(index.find(terms)) == list(scan(run, terms).numbers)
    assert found(index, "lid") == [2, 12], "the index is as it was"


WORDS = st.sampled_from(["lid", "day", "on", "77", "cracked", "cafe", "手", "机", "review", "b"])
TERMS = st.builds(
    Term,
    words=st.lists(WORDS, min_size=1, max_size=3).map(tuple),
    begins=st.booleans(),
    part=st.sampled_from([None, "prompt", "reply", "error"]),
    without=st.booleans(),
)


@given(st.lists(TERMS, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_finds_what_a_scan_finds(run: Run, terms: list[Term]) -> None:
    assert list(made_index(run).find(terms)) == list(scan(run, terms, 60).numbers)


def test_only_what_is_new_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker(tmp_path / "runs" / "live")
    maker.round(1, ["The lid cracked.", "Other."])
    run = read_run(maker.path)
    read: list[str] = []
    add = module._add

    def counted(db: sqlite3.Connection, number: int, texts: CallTexts) -> None:
        read.append(texts.call)
        add(db, number, texts)

    monkeypatch.setattr(module, "_add", counted)
    index = made_index(run)
    assert read == maker.calls and found(index, "lid") == [2]
    again = made_index(run)
    assert read == maker.calls, "nothing is new"
    maker.round(2, ["A lid.", "Other."])
    assert not again.progress().whole
    made_index(run)
    assert read == maker.calls and found(index, "lid") == [2, 7]
    maker.end()


def test_a_call_in_flight_is_found_when_it_has_come(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "runs" / "live")
    index = SearchIndex(read_run(maker.path))
    assert index.catch_up(0).whole and found(index, "lid") == []
    maker.call(1, "analyst", "hard_generator", "A lid.")
    assert index.catch_up(0).whole and found(index, "lid") == [1]
    maker.end()


def test_another_run_in_the_same_place_is_read_anew(run: Run) -> None:
    index = made_index(run)
    shutil.rmtree(run.path)
    make_run(run.path, [["A phone.", "Nothing."]])
    assert index.catch_up(time.monotonic() + 60).whole
    assert found(index, "lid") == [] and found(index, "phone") == [2]
    shutil.rmtree(run.path)
    make_run(run.path, [*TEXTS, *TEXTS])
    assert found(made_index(run), "lid") == [2, 12, 17, 27]


@pytest.mark.parametrize("how", ["foreign", "text", "cut", "empty", "layout", "page"])
def test_a_file_that_is_damaged_or_foreign_is_made_again(run: Run, how: str) -> None:
    index = made_index(run)
    if how == "foreign":
        index.discard()
        with sqlite3.connect(index.path) as db:
            db.execute("CREATE TABLE texts (prompt TEXT)")
        db.close()
    elif how == "text":
        index.path.write_text("This is no database.\n" * 500)
    elif how == "cut":
        os.truncate(index.path, index.path.stat().st_size // 2)
    elif how == "empty":
        index.path.write_bytes(b"")
    elif how == "layout":
        with sqlite3.connect(index.path) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
    else:
        data = bytearray(index.path.read_bytes())
        data[4096:] = b"\xa5" * len(data[4096:])
        index.path.write_bytes(data)
    for _ in range(2):  # damage may show at the first question only
        try:
            again = made_index(run)
            assert found(again, "lid") == [2, 12]
            break
        except NoIndex as problem:
            assert how in ("cut", "page"), problem
    else:
        raise AssertionError("it was not made again")


def test_a_folder_that_can_not_be_written_is_said_and_a_scan_finds_the_same(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(NoIndex, match="can't be used for an index"):
        SearchIndex(run).catch_up(0)
    seen = scan(run, parse("lid").terms)
    assert (list(seen.numbers), seen.looked, seen.whole) == ([2, 12], 15, True)
    none = scan(run, parse("lid").terms, seconds=0)
    assert (list(none.numbers), none.looked, none.whole) == ([], 0, False)


def test_a_run_without_trace_or_ledger_says_so(run: Run) -> None:
    (run.path / "ledger.sqlite").unlink()
    with pytest.raises(Unreadable, match=r"ledger\.sqlite"):
        SearchIndex(run).catch_up(0)
    (run.path / "events.sqlite").unlink()
    with pytest.raises(Unreadable, match=r"events\.sqlite"):
        SearchIndex(run).catch_up(0)


def test_several_readers_make_one_index(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CALLS", 1)
    problems: list[BaseException] = []

    def read() -> None:
        try:
            index = SearchIndex(run)
            while not index.catch_up(time.monotonic() + 60).whole:
                time.sleep(0.01)
            assert found(index, "lid") == [2, 12]
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert problems == []
    assert found(SearchIndex(run), "") == ALL, "no call stands in it twice"


def test_who_finds_another_one_writing_does_not_wait(run: Run) -> None:
    index = made_index(run)
    other = sqlite3.connect(index.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert index.catch_up(time.monotonic() + 60).whole
    assert found(index, "lid") == [2, 12]
    other.execute("ROLLBACK")
    other.close()


def test_a_trace_that_tells_of_a_call_twice_finds_it_once(run: Run) -> None:
    with sqlite3.connect(run.path / "events.sqlite") as db:
        db.execute(
            "INSERT INTO events (at, type, round, node, call, row, body)"
            " SELECT at, type, round, node, call, row, body FROM events WHERE type = 'called'"
        )
    db.close()
    assert found(made_index(run), "lid") == [2, 12]


def test_bodies_that_no_text_should_hold_are_read_as_far_as_they_go(run: Run) -> None:
    bodies = [
        r'{"messages": [["user", "half \ud83d a pair"]], "reply": ["a list"], "error": 5}',
        r'{"messages": "none", "reply": null}',
        r'{"messages": [["user"], 7, [1, 2]]}',
        "no JSON",
        "[1]",
    ]
    with sqlite3.connect(run.path / "events.sqlite") as db:
        called = db.execute("SELECT seq FROM events WHERE type = 'called' ORDER BY seq").fetchall()
        for (seq,), body in zip(called, bodies, strict=False):
            db.execute("UPDATE events SET body = ? WHERE seq = ?", (body, seq))
    db.close()
    index = made_index(run)
    assert found(index, "half pair") == [1] and found(index, "reply:list") == [1]
    assert found(index, "lid") == [12] and found(index, "review") == ALL[5:]


def test_the_run_is_not_written_to(run: Run) -> None:
    before = {file: file.stat().st_mtime_ns for file in run.path.rglob("*")}
    made_index(run)
    assert {file: file.stat().st_mtime_ns for file in run.path.rglob("*")} == before


def test_only_its_owner_can_look_into_the_folder(run: Run, cache: Path) -> None:
    index = made_index(run)
    assert index.path.parent == cache and cache.stat().st_mode & 0o077 == 0


def test_an_index_that_nobody_looked_at_for_long_is_deleted(run: Run, tmp_path: Path) -> None:
    old = made_index(run)
    long_ago = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(old.path, (long_ago, long_ago))
    made_index(read_run(make_run(tmp_path / "runs" / "two").path))
    assert not old.path.exists()
    assert found(made_index(run), "lid") == [2, 12]


def test_long_texts_are_read_a_few_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "word " * 100_000
    run = read_run(make_run(tmp_path / "runs" / "long", [[f"{long}lid", f"{long}kettle"]]).path)
    monkeypatch.setattr(module, "MOST_CHARACTERS", 1000)
    index = SearchIndex(run)
    assert not index.catch_up(0).whole and found(index, "lid kettle") == []
    assert index.catch_up(time.monotonic() + 60).whole
    assert found(index, "lid") == [2] and found(index, "kettle") == [4]


def test_a_long_run_is_read_beside_the_pages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CALLS", 2)
    index = SearchIndex(run)
    first = index.catch_up(0)
    assert 0 < first.share < 1 and found(index, "lid") == [2]
    builder = Builder()
    builder.ask(index)
    builder.ask(index)
    builder.join(60)
    assert not builder.is_at(index)
    assert index.progress().whole and found(index, "lid") == [2, 12]
