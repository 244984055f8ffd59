"""The books are right, whatever the server does: every misbehaviour, through the whole loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.teacher import transport
from graph.session import start
from tests.servers.audit import audit, holds_nothing_of, statuses
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import FAULTS, HUGE, every
from tests.servers.runs import BRAIN, KEY, settings

pytestmark = pytest.mark.usefixtures("quick")


def test_a_quiet_run(shared: Path, tmp_path: Path) -> None:
    with FakeChat(BRAIN) as server:
        outcome = start(settings(shared, server.url), tmp_path / "run")
        assert (outcome.status, outcome.reason) == ("done", "2 rounds done")
        audit(tmp_path / "run", server.bill)
        assert set(statuses(tmp_path / "run")) == {"ok"}
        assert {one.authorization for one in server.bill.served} == {f"Bearer {KEY}"}
    holds_nothing_of(tmp_path / "run", KEY)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_now_and_then(
    name: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", HUGE // 2)
    timeout = "0.3" if name == "timeout" else "10"
    with FakeChat(BRAIN, every(3, FAULTS[name])) as server:
        config = settings(
            shared, server.url, f"teachers.default.timeout_s={timeout}", "loop.rounds=1"
        )
        outcome = start(config, tmp_path / "run")
        assert outcome.status == "done"
        audit(tmp_path / "run", server.bill)
    holds_nothing_of(tmp_path / "run", KEY)
