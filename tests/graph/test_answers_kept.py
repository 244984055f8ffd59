"""What is kept of test rows: counts by round, the last student's answers; no state has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.tasks.confusion import Confusion
from evokd.tasks.predictions import FINAL, TestPredictions
from evokd.tasks.task import load_task
from graph.session import start
from tests.servers.runs import settings

SCRIPTED = "teachers={default: {scripted: true}}"


def test_counts_by_round_and_the_last_answers(shared: Path, tmp_path: Path) -> None:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED)
    assert start(config, tmp_path / "run").status == "done"
    directory, task = RunDir.open(tmp_path / "run"), load_task(config.task)
    lines = read_lines(directory.metrics)
    for line in lines:
        found = Confusion.from_json(line["confusion"])
        assert found.total == len(task.test)
        f1 = {name: one.f1 for name, one in found.report().items()}
        assert f1 == pytest.approx(line["class_f1"])
    said = TestPredictions.read(directory.test_predictions)
    assert said is not None and said.rows == tuple(row.id for row in task.test)
    answers = said.words(FINAL)
    assert task.task_format.scores(task.test, answers) == lines[-1]["test"]
    counted = Confusion.from_json(lines[-1]["confusion"]).counts
    for right in task.labels:
        for guess in task.labels:
            pairs = zip(task.test, answers, strict=True)
            n = sum((row.label, answer) == (right, guess) for row, answer in pairs)
            assert counted.get((right, guess), 0) == n


def test_no_state_holds_them(shared: Path, tmp_path: Path) -> None:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, "loop.rounds=1")
    assert start(config, tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    for file, table in ((directory.checkpoints, "checkpoints"), (directory.events, "events")):
        db = connect_read_only(file)
        rows = [repr(tuple(row)) for row in db.execute(f"SELECT * FROM {table}")]
        db.close()
        assert rows and not any("confusion" in row or "'test-" in row for row in rows)
