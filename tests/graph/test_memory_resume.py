"""Policies of memory in whole runs: each does its work, and a kill changes not one bit of it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from evokd.config import Config
from evokd.store.run_dir import read_lines
from graph.session import resume, start
from student.selection.memory import MEMORIES
from tests.graph.scripted_task import scripted_task
from tests.servers.audit import same_result
from tests.servers.child import Death, run_in_child

TASK = {"kind": "classification", "labels": {"negative": "unhappy", "positive": "happy"}}
WAIT_S = 120.0


def run_of(shared: Path, keep: str, review: str, rounds: int = 3) -> Config:
    overrides = [
        f"loop.keep={{policy: {keep}, share: 0.5}}",
        f"loop.review={{policy: {review}, rows: 3}}",
    ]
    return scripted_task(shared, TASK, *overrides, rounds=rounds)


def serving(place: str, name: str) -> str:
    """The policy in this place, or chance where it can't serve."""
    return name if place in MEMORIES[name].places else "uniform"


@pytest.mark.parametrize("name", MEMORIES)
def test_every_policy_chooses(name: str, shared: Path, tmp_path: Path) -> None:
    settings = run_of(shared, serving("keep", name), serving("review", name), rounds=2)
    assert start(settings, tmp_path / "run").status == "done"
    rows = read_lines(tmp_path / "run" / "synthetic.jsonl")
    assert {row["kept"] for row in rows} == {True, False}
    assert all(isinstance(row["score"], float) for row in rows)


@pytest.mark.parametrize(
    ("keep", "review", "deaths"),
    [
        ("forgetting", "aum", [Death("kept", 2), Death("reviewed", 3)]),
        ("aum", "forgetting", [Death("reviewed", 2), Death("scored", 2)]),
        ("less", "mir", [Death("kept", 2)]),
        ("herding", "reservoir", [Death("reviewed", 2)]),
    ],
)
def test_killed_and_resumed_it_remembers_the_same(
    keep: str, review: str, deaths: list[Death], shared: Path, tmp_path: Path
) -> None:
    settings = run_of(shared, keep, review)
    assert start(settings, tmp_path / "quiet").status == "done"
    for at, death in enumerate(deaths):
        run = tmp_path / f"killed-{at}"
        child = run_in_child(settings, run, death)
        child.join(WAIT_S)
        assert child.exitcode == -signal.SIGKILL
        assert resume(run).status == "done"
        same_result(run, tmp_path / "quiet")


def test_a_watching_policy_sees_rows_in_rounds_without_a_review(
    shared: Path, tmp_path: Path
) -> None:
    """In round 2 it has checked the shots twice: what it then repeats goes by both checks."""
    settings = scripted_task(shared, TASK, "loop.review={policy: aum, every: 2, rows: 2}", rounds=2)
    assert start(settings, tmp_path / "run").status == "done"
    states = [
        line
        for file in (tmp_path / "run" / "artefacts").rglob("*")
        if file.is_file()
        for line in read_lines(file)
        if line.get("policy") == "aum"
    ]
    checks = [max(n for _, n in state["margins"].values()) for state in states]
    assert sorted(checks) == [1, 2]
