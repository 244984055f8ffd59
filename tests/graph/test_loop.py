"""The loop end to end with the scripted teacher: what a run leaves behind, in every wiring."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config
from evokd.ledger.totals import totals
from evokd.store.event_log import read_events
from evokd.store.events import Judged
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.tasks.text import normalise
from graph.core.wiring import drawn_edges, givers
from graph.draw import compiled
from graph.session import start
from tests.servers.runs import settings

SCRIPTED = "teachers={default: {scripted: true}}"
SWITCHES = ["easy", "correct", "review", "separate_labels", "critic", "analysis"]


def run(shared: Path, out: Path, *overrides: str) -> tuple[Config, RunDir]:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, *overrides)
    assert start(config, out).status == "done"
    return config, RunDir.open(out)


def booked_edges(directory: RunDir) -> set[tuple[str, str]]:
    db = connect_read_only(directory.ledger)
    rows: list[dict[str, Any]] = totals(db, (), "edge")["rows"]
    db.close()
    return {(row["source"], row["target"]) for row in rows if row["calls"]}


@pytest.mark.parametrize("off", [[], *([name] for name in SWITCHES), SWITCHES])
def test_every_wiring_runs_and_books_on_its_own_edges(
    shared: Path, tmp_path: Path, off: list[str]
) -> None:
    config, directory = run(
        shared, tmp_path / "run", *(f"loop.switches.{name}=false" for name in off)
    )
    known = givers(drawn_edges(compiled(config)))
    for source, target in booked_edges(directory):
        assert source in known[target], f"{source} → {target} is no edge of this graph"
    lines = read_lines(directory.metrics)
    assert [line["round"] for line in lines] == [0, 1, 2]
    assert all(set(line["test"]) == {"macro_f1", "accuracy"} for line in lines)


def test_every_draft_ends_as_accepted_or_rejected_with_a_reason(
    shared: Path, tmp_path: Path
) -> None:
    _, directory = run(shared, tmp_path / "run", "loop.rounds=3")
    for line in read_lines(directory.metrics)[1:]:
        folder = directory.path / "rounds" / f"{line['round']:03d}"
        drafts = {row["row"] for row in read_lines(folder / "drafts.jsonl")}
        accepted = {row["draft"]["row"] for row in read_lines(folder / "accepted.jsonl")}
        rejected = read_lines(folder / "rejected.jsonl")
        assert all(row["reason"] for row in rejected)
        assert accepted | {row["row"] for row in rejected} == drafts
        assert not accepted & {row["row"] for row in rejected}
        assert (len(accepted), len(rejected)) == (line["accepted"], line["rejected"])


def test_lineage_goes_back_to_calls_and_student_errors(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run")
    db = connect_read_only(directory.ledger)
    calls = {row["id"]: row["target"] for row in db.execute("SELECT id, target FROM calls")}
    db.close()
    seeds_and_rows = {row["row"] for row in read_lines(directory.synthetic)}
    seeds_and_rows |= {f"train-{n}" for n in range(12)}
    for row in read_lines(directory.synthetic):
        writer, labeler = row["calls"]
        assert calls[writer] == f"{row['kind']}_generator"
        assert calls[labeler] == "labeler"
        assert set(row["parents"]) <= seeds_and_rows


def test_the_evaluator_saw_the_batch_before_the_student_trained_on_it(
    shared: Path, tmp_path: Path
) -> None:
    """With an update that learns nothing, verdicts before and after would agree; these differ."""
    _, directory = run(
        shared, tmp_path / "run", "loop.rounds=1", "student.epochs=30", "student.lr=0.01"
    )
    before = read_lines(directory.path / "rounds" / "001" / "predictions.jsonl")
    line = read_lines(directory.metrics)[1]
    wrong = [row for row in before if row["mark"] == "wrong"]
    hard = [row for row in before if "-h" in row["row"]]
    assert line["hard_error"] == pytest.approx(
        sum(row["mark"] == "wrong" for row in hard) / len(hard)
    )
    from student.encoder.encoder import Encoder

    student = Encoder.load(directory.student, directory.config().student)
    after = student.predict([row["text"] for row in before])
    still = sum(p.label != row["label"] for p, row in zip(after, before, strict=True))
    assert still < len(wrong) or not wrong


def test_rows_that_equal_a_test_row_are_removed_and_counted(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_out = read_lines(shared / "test.jsonl")[0]["text"]
    monkeypatch.setattr("evokd.teacher.scripted.invent", lambda rng, labels: f"{held_out} !!")
    _, directory = run(shared, tmp_path / "run")
    reasons = {
        event.reason
        for event in read_events(directory.events, type="judged")
        if isinstance(event, Judged)
    }
    assert "equals a held-out row" in reasons
    texts = {normalise(row["text"]) for row in read_lines(directory.synthetic)}
    assert normalise(held_out) not in texts


def test_no_test_text_reaches_a_prompt_or_the_state(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run")
    prompts = "\n".join(
        content
        for event in read_events(directory.events, type="called")
        for _, content in event.messages  # type: ignore[union-attr]
    )
    state = directory.checkpoints.read_bytes() + b"".join(
        path.read_bytes() for path in directory.path.glob("checkpoints.sqlite-*")
    )
    for row in read_lines(shared / "test.jsonl"):
        assert row["text"] not in prompts
        assert row["text"].encode() not in state
    assert b"macro_f1" not in state


def test_the_state_stays_small(shared: Path, tmp_path: Path) -> None:
    """References, not rows: no generated text lies in the checkpoints."""
    _, directory = run(shared, tmp_path / "run")
    state = directory.checkpoints.read_bytes()
    for row in read_lines(directory.synthetic):
        assert row["text"].encode() not in state


def test_two_runs_with_one_seed_are_the_same_run(shared: Path, tmp_path: Path) -> None:
    first, second = (run(shared, tmp_path / name)[1] for name in ("one", "two"))

    def essence(directory: RunDir) -> list[tuple[str, str]]:
        return [(row["text"], row["label"]) for row in read_lines(directory.synthetic)]

    assert essence(first) == essence(second)
    assert read_lines(first.metrics) == read_lines(second.metrics)


def test_another_seed_is_another_run(shared: Path, tmp_path: Path) -> None:
    first = run(shared, tmp_path / "one")[1]
    second = run(shared, tmp_path / "two", "seed=2")[1]
    assert read_lines(first.synthetic) != read_lines(second.synthetic)


def test_no_rounds_is_a_warm_up_alone(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run", "loop.rounds=0")
    (line,) = read_lines(directory.metrics)
    assert (line["round"], line["billed_tokens"]) == (0, 0)
    assert (directory.student / "model.safetensors").is_file()


def test_patience_ends_a_run_by_its_dev_score(shared: Path, tmp_path: Path) -> None:
    _, directory = run(
        shared,
        tmp_path / "run",
        "task.data.dev=train.jsonl",
        "loop.patience=1",
        "loop.rounds=8",
        "student.lr=1e-9",
    )
    assert directory.run()["reason"] == "no better dev score for 1 rounds"
    assert json.loads(directory.metrics.read_text("utf-8").splitlines()[-1])["dev"]


def test_a_flat_dev_curve_ends_a_run_that_asks_for_gain(shared: Path, tmp_path: Path) -> None:
    _, directory = run(
        shared,
        tmp_path / "run",
        "task.data.dev=train.jsonl",
        "loop.stop_below_gain=0.002",
        "loop.rounds=8",
        "student.lr=1e-9",
    )
    assert "less than loop.stop_below_gain: 0.002" in directory.run()["reason"]
    assert read_lines(directory.metrics)[-1]["round"] == 5, "four rounds tell too little"


def test_a_short_budget_cuts_the_last_round_to_what_can_be_labelled(
    shared: Path, tmp_path: Path
) -> None:
    _, directory = run(
        shared, tmp_path / "run", "loop.rounds=null", "budget.tokens=4000", "loop.critic_retries=0"
    )
    assert directory.run()["reason"] == "budget.tokens is reached"
    lines = read_lines(directory.metrics)
    assert lines[-1]["billed_tokens"] <= 4000
    texts = [line["accepted"] + line["rejected"] for line in lines[1:]]
    assert texts[0] == 8
    assert texts[-1] <= 8
