"""`evokd compare`: two runs and more, side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Evokd
from tests.runs.made_run import make_run

THREE = (("One.", "a"), ("Two.", "b"), ("Three.", "c"))


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    left = make_run(tmp_path / "left").path
    return left, make_run(tmp_path / "right", THREE, method="zerogen").path


def test_scores_settings_and_edges_stand_side_by_side(evokd: Evokd, two: tuple[Path, Path]) -> None:
    said = evokd("compare", *two)
    assert said.exit_code == 0
    lines = {line.split("  ")[0]: line.split() for line in said.output.splitlines()}
    assert lines["test macro-F1, before"][-2:] == ["0.500", "0.500"]
    assert lines["test macro-F1, last"][-2:] == ["0.700", "0.800"]
    assert lines["tokens billed"][-2:] == ["150", "225"]
    assert lines["loop.rounds"] == ["loop.rounds", "2", "3"]
    assert lines["method"][-2:] == ["evokd", "zerogen"]
    assert lines["trainer → analyst"][-4:] == ["1", "15", "2", "30"]


def test_best_is_the_highest_of_all_rounds(evokd: Evokd, two: tuple[Path, Path]) -> None:
    file = two[0] / "metrics.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows[1]["test"]["macro_f1"] = 0.9
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    document = json.loads(evokd("compare", *two, "--json").stdout)
    score = document["runs"][0]["scores"]["test"]["macro_f1"]
    assert score == {"before": 0.5, "last": 0.7, "best": 0.9, "best_round": 1}


def test_three_runs_and_a_damaged_one(evokd: Evokd, two: tuple[Path, Path], tmp_path: Path) -> None:
    third = make_run(tmp_path / "third").path
    (third / "ledger.sqlite").write_bytes(b"no database" * 99)
    said = evokd("compare", *two, third)
    assert said.exit_code == 0 and "C: ledger.sqlite: can't be read" in said.output
    document = json.loads(evokd("compare", *two, third, "--json").stdout)
    assert [side["billed_tokens"] for side in document["runs"]] == [150, 225, None]
    assert document["settings"][0]["values"].count("3") == 1
    assert all(len(edge["sides"]) == 3 for edge in document["edges"])


def test_what_is_no_run_is_refused(evokd: Evokd, two: tuple[Path, Path], tmp_path: Path) -> None:
    one = evokd("compare", two[0])
    assert one.exit_code == 2 and "expected 2 to 26 run directories" in one.output
    none = evokd("compare", two[0], tmp_path)
    assert none.exit_code == 2 and "holds no run" in none.output
