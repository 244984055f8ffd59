"""A run at a server that refuses a parameter learns the same; its books hold the refusals."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from evokd.store.event_log import read_events
from evokd.store.events import Warned
from graph.driving import Outcome
from graph.session import resume, start
from tests.graph.test_resume import after_a_kill, signal_at, wait_for
from tests.servers.audit import audit, calls, same_result, statuses
from tests.servers.child import run_in_child
from tests.servers.fake_chat import FakeChat
from tests.servers.picky import refusing
from tests.servers.runs import BRAIN, settings

pytestmark = pytest.mark.usefixtures("quick")
PICKY = refusing("temperature", text=None)


def told(run: Path) -> list[str]:
    events = read_events(run / "events.sqlite", type="warned")
    return [one.text for one in events if isinstance(one, Warned) and "refuses" in one.text]


def test_a_whole_run(shared: Path, tmp_path: Path, quiet: Path) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN, lambda _: PICKY) as server:
        assert start(settings(shared, server.url), run) == Outcome("done", "2 rounds done")
        audit(run, server.bill)
        refused = [one for one in server.bill.served if one.status == 400]
    assert 1 <= len(refused) <= 4  # as many as fly at once
    assert statuses(run)["error"] == len(refused)
    (text,) = told(run)
    assert "`omit: [temperature]`" in text
    same_result(run, quiet)


def test_a_resumed_run(shared: Path, tmp_path: Path, quiet: Path) -> None:
    """The new process is refused once more, pays nothing twice, and replays what was answered."""
    run = tmp_path / "run"
    with FakeChat(BRAIN, lambda _: PICKY) as server:
        target = signal_at(server, 9, signal.SIGKILL)
        target.append(run_in_child(settings(shared, server.url), run))
        assert wait_for(target[0]) == -signal.SIGKILL
        assert resume(run) == Outcome("done", "2 rounds done")
        after_a_kill(run, server)
    assert 1 <= len(told(run)) <= 2
    assert all("temperature" in (one.error or "") for one in calls(run) if one.status == "error")
    same_result(run, quiet)
