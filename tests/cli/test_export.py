from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from datasets.load import load_dataset
from typer.testing import Result

from evokd.store.notes import Note, append_note
from evokd.store.run_dir import read_lines
from tests.cli.conftest import Evokd


def test_a_dataset_folder_loads_with_its_lineage(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path: Path
) -> None:
    run, out = finished[0], tmp_path / "data set"
    result = evokd("export", run, "--format", "dataset", "--out", out)
    assert result.exit_code == 0, result.output
    rows = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))["train"].to_list()
    lines = read_lines(run / "synthetic.jsonl")
    assert [row["row"] for row in rows] == [line["row"] for line in lines]
    for row, line in zip(rows, lines, strict=True):
        for name in ("text", "label", "round", "kind", "calls", "parents"):
            assert row[name] == line[name]
        assert [vote["call"] for vote in row["votes"]] == [v["call"] for v in line["votes"]]


def test_the_card_names_models_prompts_tokens_and_scores(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path: Path
) -> None:
    evokd("export", finished[0], "--format", "dataset", "--out", tmp_path / "d")
    _, front, body = (tmp_path / "d" / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    meta = yaml.safe_load(front)
    assert meta["language"] == ["en"] and meta["license"] == "other"
    assert meta["task_categories"] == ["text-classification"] and "evokd" in meta["tags"]
    tokens = json.loads(evokd("tokens", finished[0], "--format", "json").stdout)["billed"]
    for part in ("scripted", "macro", "## Licence", "| test |", f"{tokens['prompt_tokens']:,}"):
        assert part in body
    import sqlite3

    db = sqlite3.connect(finished[0] / "ledger.sqlite")
    hashes = {sha for (sha,) in db.execute("SELECT DISTINCT template_sha FROM calls")}
    db.close()
    assert hashes and all(sha in body for sha in hashes)


def test_notes_of_readers_go_along_where_they_are_asked_for_and_steer_nothing(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished[0], run)
    before = evokd("trace", run, "--format", "json").stdout
    (first, second, *_) = [line["row"] for line in read_lines(run / "synthetic.jsonl")]
    append_note(run, Note("row", first, "fail", "=odd"))
    append_note(run, Note("row", second, "", "a line alone"))
    with (run / "notes.jsonl").open("a", encoding="utf-8") as file:
        file.write("no json\n")
    result = evokd("export", run, "--format", "dataset", "--out", tmp_path / "d", "--notes")
    assert result.exit_code == 0 and "notes.jsonl: a line can't be read" in result.stderr
    table = pq.read_table(next((tmp_path / "d" / "data").glob("*.parquet"))).to_pylist()
    noted = {row["row"]: (row["note"], row["note_text"]) for row in table}
    assert noted[first] == ("fail", "=odd") and noted[second] == (None, "a line alone")
    assert set(noted.values()) == {("fail", "=odd"), (None, "a line alone"), (None, None)}
    assert "the line that they wrote" in (tmp_path / "d" / "README.md").read_text("utf-8")
    bare = evokd("export", run, "--format", "dataset", "--out", tmp_path / "bare")
    assert bare.exit_code == 0
    names = pq.read_schema(next((tmp_path / "bare" / "data").glob("*.parquet"))).names
    assert "note" not in names and "note_text" not in names
    assert (
        evokd("export", run, "--format", "csv", "--out", tmp_path / "x", "--notes").exit_code == 2
    )
    assert evokd("trace", run, "--format", "json").stdout == before
    assert evokd("trace", run, "--row", first).exit_code == 0
    assert evokd("list", tmp_path).exit_code == 0
    resumed = evokd("resume", run)
    assert resumed.exit_code == evokd("resume", finished[0]).exit_code


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_books_and_trace_as_tables(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path: Path, form: str
) -> None:
    out = tmp_path / form
    result = evokd("export", finished[0], "--format", form, "--out", out)
    assert result.exit_code == 0, result.output
    assert sorted(os.listdir(out)) == [f"{t}.{form}" for t in ("calls", "events", "freight")]
    if form == "parquet":
        billed = json.loads(evokd("tokens", finished[0], "--format", "json").stdout)["billed"]
        table = pq.read_table(out / "calls.parquet", columns=["prompt_tokens"]).to_pydict()
        assert sum(table["prompt_tokens"]) == billed["prompt_tokens"]


def test_what_can_not_be_exported_is_said(evokd: Evokd, run_dir: Path, tmp_path: Path) -> None:
    taken = evokd("export", run_dir, "--format", "csv", "--out", run_dir)
    assert taken.exit_code == 2 and "not empty" in taken.stderr
    (run_dir / "synthetic.jsonl").unlink()
    nothing = evokd("export", run_dir, "--format", "dataset", "--out", tmp_path / "d")
    assert nothing.exit_code == 2 and "no row" in nothing.stderr
    assert not (tmp_path / "d").exists()
    missing = evokd("export", tmp_path, "--format", "csv", "--out", tmp_path / "d")
    assert missing.exit_code == 2 and "holds no run" in missing.stderr
