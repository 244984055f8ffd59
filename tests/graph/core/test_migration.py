"""A checkpoint of before has what nodes count on, read from the run's files, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evokd.config import parse_config
from evokd.store.run_dir import RunDir
from graph.core.migration import migrated

LINES = [
    {"round": 0, "accepted": 0, "rejected": 0, "billed_tokens": 0, "student_steps": 4},
    {"round": 1, "accepted": 5, "rejected": 3, "billed_tokens": 700, "student_steps": 9},
    {"round": 2, "accepted": 6, "rejected": 2, "billed_tokens": 1500, "student_steps": 15},
]


class Run:
    """As much of a run context as the migration reads."""

    def __init__(self, folder: Path) -> None:
        task = {"labels": ["a", "b"], "data": {}}
        self.dir = RunDir.create(folder, parse_config({"task": task}), {"id": "x"})
        self.artefacts = self.dir.artefacts
        lines = "".join(f"{json.dumps(line)}\n" for line in LINES)
        self.dir.metrics.write_text(lines, encoding="utf-8")


def filled(state: dict[str, Any], run: Run) -> Any:
    return migrated(state, run)  # type: ignore[arg-type]


def test_steps_and_the_cost_of_a_text_come_from_the_closed_rounds(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    found = filled({"round": 2, "history": []}, run)  # round 2 was scored, and not checkpointed
    assert found["student_steps"] == 9
    assert (found["closed_texts"], found["closed_tokens"]) == (8, 700)
    assert found["history"] == []


def test_a_state_that_has_them_and_one_that_has_not_begun_are_left_alone(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    for state in (
        {"round": 2, "student_steps": 1, "closed_texts": 2, "closed_tokens": 3},
        {"round": 0},
        {"round": 2, "source": "analyst"},  # a Send's payload
    ):
        assert filled(state, run) == state


def test_what_the_filter_had_dropped_becomes_an_artefact(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.dir.write_round(1, "dropped.jsonl", [{"row": "r1", "reason": "empty"}])
    found = filled({"round": 2, "kept": {"stage1": "sha256:0"}}, run)
    assert run.artefacts.get(found["dropped"]["stage1"]) == [{"row": "r1", "reason": "empty"}]
    assert filled({**found}, run)["dropped"] == found["dropped"]
