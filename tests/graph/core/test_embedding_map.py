"""The map that a run leaves for the viewer: which texts, which rounds, and no test text."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from evokd.runs.map import read_map
from evokd.runs.run import read_run
from evokd.store.map_points import load_axes
from evokd.store.run_dir import read_lines
from evokd.store.sqlite import connect_read_only
from evokd.tasks.example import Example
from graph.core.embedding_map import sample


def test_every_round_has_a_map_of_seed_test_and_accepted_rows(quiet: Path) -> None:
    accepted = read_lines(quiet / "synthetic.jsonl")
    labels = {row["row"]: row["label"] for row in accepted}
    assert accepted
    for number in range(3):
        found = read_map(read_run(quiet, "quiet"), number)
        assert found is not None
        assert (found.rounds, found.round) == ((0, 1, 2), number)
        kinds = {kind: {p.row for p in found.points if p.kind == kind} for kind in ("seed", "test")}
        assert len(kinds["seed"]) == 4 and len(kinds["test"]) == 12
        made = {p.row: p.label for p in found.points if p.kind == "synthetic"}
        assert made == {r["row"]: labels[r["row"]] for r in accepted if r["round"] <= number}


def test_training_moves_texts_on_axes_that_stay(quiet: Path) -> None:
    run = read_run(quiet, "quiet")
    first, last = read_map(run, 0), read_map(run, 2)
    assert first is not None and last is not None and first.frame == last.frame
    before = {p.row: (p.x, p.y) for p in first.points if p.kind == "test"}
    after = {p.row: (p.x, p.y) for p in last.points if p.kind == "test"}
    assert before.keys() == after.keys() and before != after


def test_no_test_text_lies_in_the_events(quiet: Path, shared: Path) -> None:
    texts = [row["text"] for row in read_lines(shared / "test.jsonl")]
    db = connect_read_only(quiet / "events.sqlite")
    points = json.dumps([tuple(row) for row in db.execute("SELECT * FROM map_points")])
    axes = db.execute("SELECT body FROM map_axes").fetchone()[0]
    assert load_axes(db) is not None
    db.close()
    assert not [text for text in texts if text in points or text in axes]


def test_a_sample_is_stable_and_no_larger_than_asked() -> None:
    rows = [Example(f"r{n}", "t", "a") for n in range(300)]
    few = sample(rows[:200], 50)
    more = sample(rows, 50)
    assert len(few) == len(more) == 50
    assert sample(rows[:7], 50) == rows[:7]
    kept = {row.id for row in few} & {row.id for row in more}
    assert len(kept) > 20, "most of those that were shown stay"


def test_a_file_of_before_there_was_a_map_has_no_axes() -> None:
    db = sqlite3.connect(":memory:")
    assert load_axes(db) is None
    db.close()
