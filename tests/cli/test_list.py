"""`evokd list`: every run of a folder has a line, the newest first; damaged ones are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Evokd
from tests.runs.made_run import Maker, make_run


def dated(folder: Path, at: str) -> None:
    said = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps({**said, "created_at": at}), encoding="utf-8")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    for name, at in (("old", "2026-01-01"), ("new", "2026-03-01"), ("middle", "2026-02-01")):
        make_run(folder / name)
        dated(folder / name, f"{at}T10:00:00.000Z")
    return folder


def test_the_newest_stands_first_with_what_it_came_to(evokd: Evokd, runs: Path) -> None:
    said = evokd("list", runs)
    assert said.exit_code == 0
    lines = said.output.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["new", "middle", "old"]
    assert "macro-F1" in lines[0]
    new = lines[2].split()
    assert new[1:] == ["done", "evokd", "2026-03-01", "10:00", "2", "150", "0.700"]


def test_json_is_the_short_of_format_json(evokd: Evokd, runs: Path) -> None:
    short, long = evokd("list", runs, "--json"), evokd("list", runs, "--format", "json")
    assert short.output == long.output
    document = json.loads(short.stdout)
    assert [run["name"] for run in document["runs"]] == ["new", "middle", "old"]
    first = document["runs"][0]
    assert (first["before"], first["after"], first["rounds"], first["tokens"]) == (0.5, 0.7, 2, 150)
    assert first["notes"] == []


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_damaged_run_is_named(evokd: Evokd, runs: Path, form: str) -> None:
    (runs / "old" / "run.json").write_text('{"id', encoding="utf-8")
    (runs / "middle" / "ledger.sqlite").write_bytes(b"no database at all" * 99)
    said = evokd("list", runs, "--format", form)
    assert said.exit_code == 0
    if form == "table":
        assert "What could not be read:" in said.output
        assert "old: run.json: is no JSON" in said.output
        assert "middle: ledger.sqlite: can't be read" in said.output
    else:
        notes = {run["name"]: run["notes"] for run in json.loads(said.stdout)["runs"]}
        assert notes["new"] == [] and notes["old"] and notes["middle"]


def test_a_run_whose_process_is_gone_was_killed(evokd: Evokd, tmp_path: Path) -> None:
    Maker(tmp_path / "runs" / "one")
    assert "killed" in evokd("list", tmp_path / "runs").output


def test_a_study_is_one_line_and_its_runs_are_listed_by_its_own_name(
    evokd: Evokd, runs: Path
) -> None:
    study = runs / "grid"
    make_run(study / "runs" / "cell-1")
    cells = [{"cell": "cell-1"}, {"cell": "cell-2"}]
    (study / "cells.jsonl").write_text("\n".join(map(json.dumps, cells)), encoding="utf-8")
    (study / "results.jsonl").write_text('{"cell": "cell-1", "status": "done"}\n', encoding="utf-8")
    said = evokd("list", runs).output
    assert "cell-1" not in said
    assert next(line for line in said.splitlines() if line.startswith("grid")).split() == [
        *("grid", "2", "1", "0", "1", "cell", "to", "run")
    ]
    assert "runs/cell-1" in evokd("list", study).output


def test_no_folder_and_no_runs_are_two_things(evokd: Evokd, tmp_path: Path) -> None:
    missing = evokd("list", tmp_path / "none")
    assert missing.exit_code == 2 and "is no folder" in missing.output
    empty = evokd("list", tmp_path)
    assert empty.exit_code == 0 and "No run lies in" in empty.output
