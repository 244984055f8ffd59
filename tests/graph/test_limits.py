"""A run that is over gets new limits: it ends as if it had had them from the start."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.store.run_dir import RunDir, read_lines
from graph.driving import Outcome
from graph.session import resume, start
from tests.servers.audit import audit, books, same_result
from tests.servers.child import Death, run_in_child
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import every, status
from tests.servers.runs import BRAIN, settings

pytestmark = pytest.mark.usefixtures("quick")


@pytest.mark.parametrize(
    "extra",
    [
        (),
        ("loop.switches.review=false", "loop.switches.critic=false"),
        ("student.steps=24", "student.update=retrain"),
        ("method=zerogen", "prompts.pack=evokd"),
    ],
)
def test_two_rounds_and_two_more_are_four(
    shared: Path, tmp_path: Path, extra: tuple[str, ...]
) -> None:
    more, whole = tmp_path / "more", tmp_path / "whole"
    with FakeChat(BRAIN) as server:
        start(settings(shared, server.url, "loop.rounds=4", *extra), whole)
    with FakeChat(BRAIN) as server:
        assert start(settings(shared, server.url, *extra), more).reason == "2 rounds done"
        assert resume(more, limits=["loop.rounds=4"]) == Outcome("done", "4 rounds done")
        if "method=zerogen" not in extra:
            audit(more, server.bill)
    same_result(more, whole)
    assert books(more) == books(whole), "freight and all"
    assert [line["round"] for line in read_lines(more / "metrics.jsonl")] == [0, 1, 2, 3, 4]


def test_what_was_is_kept_and_the_config_says_what_is(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN) as server:
        start(settings(shared, server.url, "loop.rounds=1"), run)
        ended = RunDir(run).run()["ended_at"]
        resume(run, limits=["loop.rounds=2", "budget.calls=5000"])
        resume(run, limits=["loop.rounds=3"])
    directory = RunDir(run)
    config = directory.config()
    assert (config.loop.rounds, config.budget.calls) == (3, 5000)
    first, second = directory.run()["changes"]
    assert first["settings"] == {
        "budget.calls": {"before": None, "now": 5000},
        "loop.rounds": {"before": 1, "now": 2},
    }
    assert first["ended"] == {"status": "done", "reason": "1 rounds done", "ended_at": ended}
    assert second["ended"]["reason"] == "2 rounds done"
    assert directory.run()["status"] == "done" and "take_up" not in directory.run()


def test_a_larger_budget_goes_on_where_the_smaller_one_ended(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN) as server:
        small = settings(shared, server.url, "loop.rounds=null", "budget.tokens=4000")
        assert start(small, run).reason == "budget.tokens is reached"
        before = books(run)["billed"]
        rounds = len(read_lines(run / "metrics.jsonl"))
        outcome = resume(run, limits=["budget.tokens=9000"])
        assert outcome == Outcome("done", "budget.tokens is reached")
        audit(run, server.bill)
    after = books(run)
    spent = after["billed"]["prompt_tokens"] + after["billed"]["completion_tokens"]
    assert before["prompt_tokens"] + before["completion_tokens"] <= 4000 < spent <= 9000
    assert after["useful"]["calls"] == after["billed"]["calls"], "nothing was thrown away"
    lines = read_lines(run / "metrics.jsonl")
    assert [line["round"] for line in lines] == list(range(len(lines))) and len(lines) > rounds
    assert lines[-1]["billed_tokens"] == spent


def test_only_limits_may_change(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN) as server:
        start(settings(shared, server.url, "loop.rounds=1"), run)
    config, about = (run / "config.yaml").read_bytes(), (run / "run.json").read_bytes()
    for given, said in {
        "loop.n_hard=9": "takes new limits alone",
        "seed=2": "takes new limits alone",
        "budget={}": "takes new limits alone",
        "loop.rounds=1": "set loop.rounds",
        "budget.calls=900": "does not change that: set loop.rounds",
        "loop.rounds=0": "has used 1 of it already",
        "budget.token=900": "budget.token: ",
    }.items():
        with pytest.raises(ConfigError, match=said.replace(".", r"\.")):
            resume(run, limits=[given])
    assert (run / "config.yaml").read_bytes() == config
    assert (run / "run.json").read_bytes() == about


@pytest.mark.parametrize("reason", ["3 rounds in a row without an accepted row", "nothing left"])
def test_what_no_limit_ended_no_limit_takes_up(shared: Path, tmp_path: Path, reason: str) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN) as server:
        start(settings(shared, server.url, "loop.rounds=1"), run)
    about = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps({**about, "reason": reason}), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{reason}. No larger limit changes that"):
        resume(run, limits=["loop.rounds=5"])


def test_killed_while_the_old_budget_was_ending_it(shared: Path, tmp_path: Path) -> None:
    run, small = tmp_path / "run", ("loop.rounds=null", "budget.tokens=4000")
    with FakeChat(BRAIN) as server:
        start(settings(shared, server.url, *small), tmp_path / "quiet")
    last = read_lines(tmp_path / "quiet" / "metrics.jsonl")[-1]["round"]
    with FakeChat(BRAIN) as server:
        config = settings(shared, server.url, *small)
        child = run_in_child(config, run, Death("trained", last))
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        assert resume(run, limits=["budget.tokens=9000"]).reason == "budget.tokens is reached"
        audit(run, server.bill)
    lines = read_lines(run / "metrics.jsonl")
    assert [line["round"] for line in lines] == list(range(len(lines))) and len(lines) > last + 1
    assert lines[-1]["billed_tokens"] > 4000


def test_a_run_that_failed_for_silence_takes_new_limits_too(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN, every(1, status(400, "no such texts"), "labeler")) as server:
        failed = start(settings(shared, server.url), run)
        assert failed.status == "failed" and "labeler" in failed.reason
        server.plan = lambda served: None
        assert resume(run, limits=["loop.rounds=3"]) == Outcome("done", "3 rounds done")
        audit(run, server.bill)
    assert [line["round"] for line in read_lines(run / "metrics.jsonl")] == [0, 1, 2, 3]
    assert read_lines(run / "synthetic.jsonl")
    assert "take_up" not in RunDir(run).run()
