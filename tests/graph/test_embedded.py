"""One round with the real language model on its own server, and the real student."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.config import load_config
from evokd.ledger.totals import totals
from evokd.runs.useful_calls import useful_tasks
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from graph.session import start
from student.encoder.encoder import Encoder

DEMO = Path(__file__).parents[2] / "examples" / "demo.yaml"


@pytest.mark.slow
def test_a_real_teacher_teaches_a_real_student(tmp_path: Path) -> None:
    few = ["loop.rounds=1", "loop.n_hard=3", "loop.n_easy=3", "loop.calls_per_round=2"]
    config = load_config(DEMO, few)
    assert start(config, tmp_path / "run").status == "done"

    run = RunDir.open(tmp_path / "run")
    lines = read_lines(run.metrics)
    assert [line["round"] for line in lines] == [0, 1]
    assert lines[1]["accepted"] + lines[1]["rejected"] == 12

    db = connect_read_only(run.ledger)
    books = totals(db, useful_tasks(run.checkpoints, run.run()["id"]), "agent")
    db.close()
    assert books["estimated_calls"] == 0, "llama.cpp's server reports its usage"
    assert books["billed"]["prompt_tokens"] == sum(row["prompt_tokens"] for row in books["rows"])

    accepted = read_lines(run.synthetic)
    assert accepted, "a round of twelve texts without a single row"
    for row in accepted:
        assert row["label"] in config.task.labels
        assert row["votes"][0]["logprobs"] is not None
        assert len(row["calls"]) == 2, "a writing call and a labelling call"

    student = Encoder.load(run.student, config.student)
    assert student.predict(["The lid cracked on day one."])[0].label in config.task.labels
    assert json.loads((run.student / "config.json").read_text("utf-8"))["id2label"]
