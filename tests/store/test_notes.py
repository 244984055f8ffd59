"""Notes on file: appended whole by any number of writers, held to their limits."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.runs.notes import read_notes
from evokd.store.notes import MOST_TEXT, NAME, Note, append_note, note_of


def test_the_last_note_of_each_row_and_call_holds(tmp_path: Path) -> None:
    append_note(tmp_path, Note("row", "r001-h001", "pass"))
    append_note(tmp_path, Note("call", "r001-h001", "fail", "an id that a row has, too"))
    append_note(tmp_path, Note("row", "r001-h001", "fail", "  two\nlines \u2028 become one "))
    append_note(tmp_path, Note("row", "r001-h002", "", "a line alone"))
    append_note(tmp_path, Note("row", "r001-h003", "pass"))
    append_note(tmp_path, Note("row", "r001-h003"))  # taken back
    notes = read_notes(tmp_path)
    row = notes.get("row", "r001-h001")
    assert row is not None and (row.verdict, row.text) == ("fail", "two lines become one")
    assert row.at.endswith("Z")
    assert notes.remark is None and len(notes.by_id) == 3
    assert notes.counts == {"fail": 2, "noted": 1}
    assert notes.ids("row", "any") == ["r001-h001", "r001-h002"]
    assert notes.ids("row", "fail") == ["r001-h001"] and notes.ids("row", "pass") == []
    assert notes.fits("row", "r009-h009", "") and not notes.fits("row", "r009-h009", "any")
    assert len((tmp_path / NAME).read_text("utf-8").splitlines()) == 6, "nothing is written over"


def test_nothing_is_there_before_the_first_note(tmp_path: Path) -> None:
    assert read_notes(tmp_path).by_id == {} and read_notes(tmp_path).remark is None


def test_damaged_lines_are_told_and_cost_nothing_else(tmp_path: Path) -> None:
    append_note(tmp_path, Note("row", "a", "pass"))
    damaged = [
        b"no json", b"[1]", b"{}", b'{"kind":"row"}', b'{"kind":"round","id":"a"}',
        b'{"kind":["row"],"id":"a"}', b'{"kind":"row","id":"a","verdict":"maybe"}',
        b'{"kind":"row","id":"a","verdict":["pass"]}', b'{"kind":"row","id":7}',
        b'{"kind":"row","id":"a","text":{"x":1}}', b"[" * 100_000, b"\xff\xfe\x00",
        b'{"kind":"row","id":"' + b"a" * 500 + b'"}',
    ]  # fmt: skip
    with (tmp_path / NAME).open("ab") as file:
        file.write(b"\n".join(damaged))  # the last one is left open, as by a power cut
    append_note(tmp_path, Note("row", "b", "fail"))
    notes = read_notes(tmp_path)
    assert [note.id for note in notes.by_id.values()] == ["a", "b"]
    assert notes.remark == f"{NAME}: {len(damaged)} lines can't be read and stay out"


def test_a_text_that_is_too_long_is_cut_where_it_is_read(tmp_path: Path) -> None:
    line = {"kind": "row", "id": "a", "verdict": "", "text": "x" * 50_000}
    (tmp_path / NAME).write_text(f"{json.dumps(line)}\n", "utf-8")
    found = read_notes(tmp_path).get("row", "a")
    assert found is not None and len(found.text) == MOST_TEXT
    assert note_of(line | {"at": "z" * 99}) == Note("row", "a", "", "x" * MOST_TEXT, "z" * 40)


@pytest.mark.parametrize(
    "note",
    [
        Note("row", "a", "", "x" * (MOST_TEXT + 1)),
        Note("row", "", "pass"),
        Note("row", "a" * 300, "pass"),
        Note("round", "a", "pass"),  # type: ignore[arg-type]
        Note("row", "a", "maybe"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_note_is_not_written(tmp_path: Path, note: Note) -> None:
    with pytest.raises(ConfigError):
        append_note(tmp_path, note)
    assert not (tmp_path / NAME).exists()


def test_a_link_is_not_written_through_and_not_read(tmp_path: Path) -> None:
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    run.mkdir()
    append_note(tmp_path, Note("row", "a", "pass"))
    (tmp_path / NAME).rename(elsewhere)
    (run / NAME).symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    with pytest.raises(ConfigError, match="can't be written"):
        append_note(run, Note("row", "b", "pass"))
    assert elsewhere.read_bytes() == before
    found = read_notes(run)
    assert not found.by_id and "leads out of the folder" in str(found.remark)


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    def write(number: int) -> None:
        append_note(tmp_path, Note("row", f"r{number}", "pass", "word " * 150))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(120)))
    notes = read_notes(tmp_path)
    assert notes.remark is None and len(notes.by_id) == 120
