"""Killed, interrupted, resumed: nothing is paid twice, nothing is lost."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import ModuleType

import pytest

from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from graph import driving, session
from graph.driving import Outcome
from graph.session import resume, start
from tests.servers.audit import (
    audit,
    books,
    calls,
    edges_are_drawn,
    reported,
    same_result,
    statuses,
    sums_agree,
)
from tests.servers.child import Death, run_in_child
from tests.servers.fake_chat import FakeChat, Mischief, Served
from tests.servers.mischief import RETRIED, cut, slow, sometimes
from tests.servers.runs import BRAIN, settings

pytestmark = pytest.mark.usefixtures("quick")
WAIT_S = 60.0


def wait_for(process: ForkServerProcess) -> int:
    process.join(WAIT_S)
    assert process.exitcode is not None, "the run hangs"
    return process.exitcode


def signal_at(server: FakeChat, number: int, name: signal.Signals) -> list[ForkServerProcess]:
    """Send a signal to the process (put into the list) when the server has read request n."""
    target: list[ForkServerProcess] = []

    def strike(served: Served) -> None:
        if served.number == number:
            pid = target[0].pid
            assert pid is not None
            os.kill(pid, name)

    server.on_request = strike
    return target


def nothing_twice(run: Path) -> None:
    """No finished call was sent again, no line and no row stands twice."""
    db = connect_read_only(run / "ledger.sqlite")
    twice = db.execute(
        "SELECT task, slot, COUNT(*) FROM calls WHERE status = 'ok'"
        " GROUP BY task, slot, prompt_sha HAVING COUNT(*) > 1"
    ).fetchall()
    db.close()
    assert not twice
    rounds = [line["round"] for line in read_lines(run / "metrics.jsonl")]
    assert rounds == list(range(len(rounds)))
    rows = Counter(row["row"] for row in read_lines(run / "synthetic.jsonl"))
    assert not rows or max(rows.values()) == 1


def after_a_kill(run: Path, server: FakeChat) -> None:
    """The books of a resumed run: open rows shown apart, everything else as the server saw it."""
    doc = books(run)
    opened = doc["open_calls"]
    assert opened <= 4  # as many as the endpoint lets fly
    assert opened <= doc["estimated_calls"]
    assert 0 <= doc["billed"]["calls"] - server.bill.requests <= opened
    mine, its = reported(run), (server.bill.prompt_tokens, server.bill.completion_tokens)
    # an answer may have arrived in the moment of the kill: delivered, but never written down
    assert mine[0] <= its[0] and mine[1] <= its[1]
    if not opened:
        audit(run, server.bill)
    sums_agree(run)
    edges_are_drawn(run)
    nothing_twice(run)


@pytest.mark.parametrize("number", [1, 3, 7, 12])
def test_killed_at_a_request(number: int, shared: Path, tmp_path: Path, quiet: Path) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN, lambda s: cut("never answer") if s.number == number else None) as server:
        target = signal_at(server, number, signal.SIGKILL)
        target.append(run_in_child(settings(shared, server.url), run))
        assert wait_for(target[0]) == -signal.SIGKILL
        asked = server.bill.requests
        assert statuses(run)["open"] >= 1
        finished = statuses(run)["ok"]

        assert resume(run) == Outcome("done", "2 rounds done")
        after_a_kill(run, server)
        ordinary = books(quiet)["billed"]["calls"]
        assert server.bill.requests - asked == ordinary - finished
    same_result(run, quiet)


def test_a_finished_call_of_an_unfinished_node_is_replayed(
    shared: Path, tmp_path: Path, quiet: Path
) -> None:
    """Of a node's two calls one was answered before the kill: only the other is sent again."""
    run = tmp_path / "run"
    asked = 0

    def plan(served: Served) -> Mischief | None:
        nonlocal asked
        asked += served.role == "hard_generator"
        silent = served.role == "hard_generator" and asked == 2
        return cut("never answer") if silent else None

    with FakeChat(BRAIN, plan) as server:
        child = run_in_child(settings(shared, server.url), run)
        # answered: the analyst, both calls of the easy one, one of the hard one
        while (
            server.bill.requests < 5
            or statuses(run)["ok"] < 4
            or books(run)["useful"]["calls"] < 3  # the easy one's work is in the checkpoint
        ):
            time.sleep(0.02)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        assert wait_for(child) == -signal.SIGKILL
        assert statuses(run) == {"ok": 4, "open": 1}

        assert resume(run) == Outcome("done", "2 rounds done")
        doc, ordinary = books(run), books(quiet)["billed"]["calls"]
        assert (doc["replayed_calls"], doc["open_calls"], doc["estimated_calls"]) == (1, 1, 1)
        assert doc["billed"]["calls"] == server.bill.requests == ordinary + 1
        after_a_kill(run, server)
    same_result(run, quiet)


DEATHS = [
    Death("checkpoint", 1),
    Death("checkpoint", 2),
    Death("writes", 4),
    Death("checkpoint", 8),
    Death("scored", 0),
    Death("scored", 1),
    Death("trained", 2),
    Death("finish"),
]


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: f"{death.at}-{death.n}")
def test_killed_between_two_requests(
    death: Death, shared: Path, tmp_path: Path, quiet: Path
) -> None:
    """In the trainer, before the first checkpoint, after the last: a resume ends as if nothing."""
    run = tmp_path / "run"
    with FakeChat(BRAIN) as server:
        child = run_in_child(settings(shared, server.url), run, death)
        assert wait_for(child) == -signal.SIGKILL
        asked, finished = server.bill.requests, statuses(run)["ok"]
        assert RunDir.open(run).run()["status"] == "running"
        accepted = {row["row"] for row in read_lines(run / "synthetic.jsonl")}

        assert resume(run) == Outcome("done", "2 rounds done")
        after_a_kill(run, server)
        ordinary = books(quiet)["billed"]["calls"]
        assert server.bill.requests - asked == ordinary - finished
        assert accepted <= {row["row"] for row in read_lines(run / "synthetic.jsonl")}
    same_result(run, quiet)


def test_killed_again_and_again_by_a_faulty_server(
    shared: Path, tmp_path: Path, quiet: Path
) -> None:
    """Retries, kills and resumes together: the useful books are still those of a quiet run."""
    run = tmp_path / "run"
    plan = sometimes(0.3, 11, [f for name, f in RETRIED.items() if name != "timeout"])
    with FakeChat(BRAIN, plan) as server:
        config = settings(shared, server.url, "teachers.default.retries=12")
        for number in (4, 10, 18):
            target = signal_at(server, number, signal.SIGKILL)
            target.append(run_in_child(config, run))
            assert wait_for(target[0]) == -signal.SIGKILL
        server.on_request = lambda _: None
        assert resume(run).status == "done"
        doc = books(run)
        assert doc["open_calls"] >= 1
        assert 0 <= doc["billed"]["calls"] - server.bill.requests <= doc["open_calls"]
        sums_agree(run)
        edges_are_drawn(run)
        nothing_twice(run)
    same_result(run, quiet)


def test_interrupted_in_order(shared: Path, tmp_path: Path, quiet: Path) -> None:
    """Ctrl-C: the step in progress ends, nothing stays open, a resume pays nothing again."""
    run = tmp_path / "run"
    with FakeChat(BRAIN) as server:
        target = signal_at(server, 2, signal.SIGINT)
        target.append(run_in_child(settings(shared, server.url), run))
        assert wait_for(target[0]) == 130
        told = RunDir.open(run).run()
        assert told["status"] == "interrupted"
        assert "evokd resume" in told["reason"]
        audit(run, server.bill)
        assert set(statuses(run)) == {"ok"}

        assert resume(run) == Outcome("done", "2 rounds done")
        audit(run, server.bill)
        assert set(statuses(run)) == {"ok"}
    same_result(run, quiet)


@pytest.mark.parametrize(("module", "early"), [(session, "work"), (driving, "build")])
def test_interrupted_before_the_first_step(
    shared: Path,
    tmp_path: Path,
    quiet: Path,
    module: ModuleType,
    early: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C while the run is laid out, and between that and the graph's start."""
    run = tmp_path / "run"
    function = getattr(module, early)

    def interrupted(*args: object, **named: object) -> object:
        monkeypatch.setattr(module, early, function)
        os.kill(os.getpid(), signal.SIGINT)
        return function(*args, **named)

    monkeypatch.setattr(module, early, interrupted)
    with FakeChat(BRAIN) as server:
        assert start(settings(shared, server.url), run).status == "interrupted"
        told = RunDir.open(run).run()
        assert told["status"] == "interrupted" and "evokd resume" in told["reason"]
        assert server.bill.requests == 0
        assert resume(run) == Outcome("done", "2 rounds done")
        audit(run, server.bill)
    same_result(run, quiet)


def test_a_second_interrupt_waits_for_nothing(shared: Path, tmp_path: Path, quiet: Path) -> None:
    """It gives up on what is in flight; those rows are closed as cancelled, with an estimate."""
    run = tmp_path / "run"
    with FakeChat(BRAIN, lambda s: slow(30) if s.number == 2 else None) as server:
        child = run_in_child(settings(shared, server.url), run)
        while server.bill.requests < 2:
            time.sleep(0.01)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGINT)
        time.sleep(0.3)
        os.kill(child.pid, signal.SIGINT)
        began = time.monotonic()
        assert wait_for(child) == 130
        assert time.monotonic() - began < 10
        assert RunDir.open(run).run()["status"] == "interrupted"
        assert statuses(run)["cancelled"] == 1 and not statuses(run)["open"]
        (given_up,) = [call for call in calls(run) if call.status == "cancelled"]
        assert given_up.estimated

        server.plan = lambda _: None
        assert resume(run).status == "done"
        assert books(run)["billed"]["calls"] == server.bill.requests
        nothing_twice(run)
    same_result(run, quiet)
