"""How hard the hard rows were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.runs.hardness import read_hardness
from evokd.runs.run import read_run
from evokd.store.run_dir import read_lines
from evokd.tasks.intervals import difference
from graph.session import start
from tests.servers.runs import lay_out, settings

SCRIPTED = "teachers={default: {scripted: true}}"


def test_newcombes_interval_is_the_published_one() -> None:
    """Newcombe 1998, table II, 56/70 against 48/80 by method 10."""
    low, high = difference(56, 70, 48, 80)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


@pytest.fixture(scope="module")
def levelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hardness")
    config = settings(
        lay_out(folder), "http://x", SCRIPTED, "loop.difficulty=[1, 2, 3]", "loop.rounds=3"
    )
    assert start(config, folder / "run").status == "done"
    return folder / "run"


def test_errors_of_both_kinds_are_those_of_the_verdicts(levelled: Path) -> None:
    found = read_hardness(read_run(levelled))
    assert found is not None and found.bounds is not None and found.difference is not None
    assert found.bounds.low <= found.difference <= found.bounds.high
    lines = read_lines(levelled / "metrics.jsonl")
    assert found.hard + found.easy == sum(line["accepted"] for line in lines)
    assert found.levels == found.hard + found.easy


def test_a_planted_correlation_is_seen(levelled: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        folder = levelled / "rounds" / f"{number:03d}"
        drafts = read_lines(folder / "drafts.jsonl")
        levels = {one["row"]: one["level"] for one in drafts}
        file = folder / "predictions.jsonl"
        rows = read_lines(file)
        for row in rows:
            row["loss"] = levels[row["row"]] / 10
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    found = read_hardness(read_run(levelled))
    assert found is not None and found.rho == pytest.approx(1.0)
