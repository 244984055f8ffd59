"""The control whose labels are a full-data student's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from agents.records import Candidate, Draft, Verdict
from evokd.config import Config, ConfigError
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.task import full_rows, load_task
from graph.core.student_store import StudentStore
from graph.methods import method_of
from graph.nodes.critic import upheld
from graph.plan import make_plan
from graph.session import start
from prompts.pack import Pack
from student.encoder.encoder import Encoder
from tests.graph.test_loop import SCRIPTED, booked_edges
from tests.servers.runs import settings


def config(shared: Path, *more: str) -> Config:
    return settings(shared, "http://127.0.0.1:1", SCRIPTED, "method=evokd_oracle", *more)


def run(shared: Path, out: Path, *more: str) -> RunDir:
    assert start(config(shared, *more), out).status == "done"
    return RunDir.open(out)


def test_every_label_is_the_one_of_full_shots_student(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "oracle")
    full = run(shared, tmp_path / "full", "method=full_shot")
    student = Encoder.load(full.student, directory.config().student)
    rows = read_lines(directory.synthetic)
    assert rows
    said = [verdict.label for verdict in student.predict([row["text"] for row in rows])]
    assert [row["label"] for row in rows] == said
    for row in rows:
        (vote,) = row["votes"]
        assert vote["call"] is None and vote["label"] == row["label"]


def test_no_labeler_is_paid_and_the_oracle_hands_on(shared: Path, tmp_path: Path) -> None:
    booked = booked_edges(run(shared, tmp_path / "run", "loop.rounds=1"))
    assert not any("labeler" in edge for edge in booked)
    assert ("oracle", "critic") in booked
    assert all(target in method_of(config(shared)).roles for _, target in booked)


def test_a_resumed_run_asks_the_same_student(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = config(shared)
    task = load_task(one.task)
    texts = [row.text for row in task.test]
    first = StudentStore(one, task.labels, tmp_path)
    said = asyncio.run(first.full_labels(texts, task.train))
    monkeypatch.setattr(Encoder, "fit", None)  # a second one has nothing to learn
    second = StudentStore(one, task.labels, tmp_path)
    assert asyncio.run(second.full_labels(texts, task.train)) == said


def test_the_critic_can_turn_down_but_not_relabel() -> None:
    draft = Draft("r001-h001", 1, "hard", "text", None, None, ())
    row = Candidate(draft, "a", None, 1.0, ())
    kept = upheld(Verdict(draft.row, "relabel", "b", "reads like b"), row)
    assert (kept.action, kept.label) == ("accept", "a")
    assert "reads like b" in kept.reason
    turned_down = Verdict(draft.row, "reject", None, "nonsense")
    assert upheld(turned_down, row) is turned_down


def test_writers_that_label_their_own_texts_leave_it_nothing_to_do(shared: Path) -> None:
    with pytest.raises(ConfigError, match="separate_labels"):
        method_of(config(shared, "loop.switches.separate_labels=false"))


def test_no_test_row_is_learnt(shared: Path) -> None:
    """A train row that a test row equals is left out of the oracle's lessons."""
    task = load_task(config(shared).task)
    leaked = replace(task, test=(*task.test, replace(task.train[0], id="test-99")))
    assert full_rows(leaked) == task.train[1:]


def test_its_plan_asks_no_labeler_and_trains_nobody(shared: Path) -> None:
    one = config(shared)
    pack = Pack.load(one.prompts.pack, one.prompts.language, one.task.kind)
    course = make_plan(one, load_task(one.task), pack).course
    assert course is not None and course.accepted
    assert {"analyst", "critic"} <= {target for _, target in course.by_edge()}
    assert "labeler" not in {name for edge in course.by_edge() for name in edge}
