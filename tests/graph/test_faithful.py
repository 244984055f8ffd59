"""What a run keeps of its analyses and weights in the rounds' lines, and what it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evokd.ledger.totals import totals
from evokd.runs.faithfulness import read_faithfulness
from evokd.runs.run import read_run
from evokd.store.artefacts import dumps
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.teacher.tokens import count
from tests.graph.test_loop import run


def line(directory: RunDir, number: int) -> dict[str, Any]:
    found: dict[str, Any] = read_lines(directory.metrics)[number]
    return found


def test_the_line_says_what_the_files_say(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run", "prompts.pack=evokd", "loop.rounds=3")
    found = read_faithfulness(read_run(directory.path))
    assert found is not None
    assert [one.round for one in found.rounds] == [1, 2, 3]
    assert line(directory, 0)["faithful"] is None
    for one in found.rounds:
        said = line(directory, one.round)["faithful"]
        document = json.loads(
            (directory.path / f"rounds/{one.round:03d}/analysis.json").read_text("utf-8")
        )
        patterns = [pattern for pattern in document["patterns"] if pattern["cited"]]
        assert said["patterns"] == one.patterns == (len(patterns) or 1)
        assert (said["texts"], len(said["by_pattern"])) == (one.texts, one.patterns)
        assert said["named"] == (None if one.named is None else round(one.named, 4))
        assert said["easy"] == (None if one.easy is None else round(one.easy, 4))
        suspects = [row for row in document["rows"] if row["mark"] != "right"]
        assert (said["cited_loss"] is None) == (not suspects), "each row shown has its loss"
    assert line(directory, 1)["faithful"]["shuffled"] is None, "there was none before"
    assert all(row["weights"] is None for row in read_lines(directory.metrics))


def test_without_an_analyst_there_is_nothing_to_score(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run", "loop.feedback.analysis=none")
    assert all(row["faithful"] is None for row in read_lines(directory.metrics))


def test_scoring_costs_no_tokens_and_no_freight(shared: Path, tmp_path: Path) -> None:
    """The writers are handed what they were handed before patterns were kept: the text."""
    _, directory = run(shared, tmp_path / "run", "prompts.pack=evokd", "loop.rounds=1")
    document = json.loads((directory.path / "rounds/001/analysis.json").read_text("utf-8"))
    assert document["patterns"]
    db = connect_read_only(directory.ledger)
    rows = {(row["source"], row["target"]): row for row in totals(db, (), "edge")["rows"]}
    db.close()
    handed = {key: document[key] for key in ("text", "cited", "call", "about")}
    freight = rows["analyst", "hard_generator"]["freight_tokens"]
    assert freight == count(f"{dumps(handed)}\n")


def test_weights_are_held_against_losses_before_and_after(shared: Path, tmp_path: Path) -> None:
    _, directory = run(
        shared, tmp_path / "run", "student.weights=kind", "student.weight_of={hard: 3}"
    )
    for number in (1, 2):
        found = line(directory, number)["weights"]
        file = directory.path / f"rounds/{number:03d}/weights.json"
        weights = json.loads(file.read_text(encoding="utf-8"))
        assert found["rows"] == len(weights)
        assert (found["min"], found["max"]) == (
            round(min(weights.values()), 4),
            round(max(weights.values()), 4),
        )
        assert 0 < found["effective"] < len(weights)
        parts = [part for part in found["quarters"] if part["rows"]]
        assert sum(part["rows"] for part in parts) == line(directory, number)["accepted"]
        assert [part["weight"] for part in parts] == sorted(part["weight"] for part in parts)
        assert all(part["before"] > 0 and part["after"] > 0 for part in parts)
