"""Whole runs with teachers in other protocols: the books are right, whatever the servers do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.config import Config
from graph.session import resume, start
from tests.servers.audit import audit, books, holds_nothing_of, statuses
from tests.servers.fake_chat import FakeChat, Mischief, Served
from tests.servers.mischief import FAULTS, every, status
from tests.servers.protocols import PROTOCOLS
from tests.servers.runs import BRAIN, KEY, KEY_NAME, settings
from tests.teacher.providers.providing import needs

pytestmark = pytest.mark.usefixtures("quick")
NAMES = ("429", "503", "truncated", "empty content", "reset mid-body", "null message", "no usage")


def config(name: str, shared: Path, url: str, *overrides: str) -> Config:
    endpoint = PROTOCOLS[name].endpoint(url) | {
        "api_key_env": KEY_NAME,
        "timeout_s": 30,
        "concurrency": 4,
        "price": {"prompt": 1, "completion": 5, "cached_prompt": 0.1},
    }
    return settings(shared, url, f"teachers={json.dumps({'default': endpoint})}", *overrides)


def in_turn(served: Served) -> Mischief | None:
    """One of the faults at every second request."""
    turn, rest = divmod(served.number, 2)
    return None if rest else FAULTS[NAMES[turn % len(NAMES)]]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_run_under_faults(name: str, shared: Path, tmp_path: Path) -> None:
    needs(name)
    run = tmp_path / "run"
    with FakeChat(BRAIN, in_turn, protocol=PROTOCOLS[name]) as server:
        outcome = start(config(name, shared, server.url, "loop.rounds=1"), run)
        assert (outcome.status, outcome.reason) == ("done", "1 rounds done")
        audit(run, server.bill)
        assert {one.authorization for one in server.bill.served} == {f"Bearer {KEY}"}
    assert statuses(run)["error"] > 0
    assert books(run)["billed"]["usd"] > 0
    holds_nothing_of(run, KEY)


def test_a_key_that_is_refused_at_work_and_mended(shared: Path, tmp_path: Path) -> None:
    """One request is sent, none is paid, and a resume goes on where it ended."""
    name, run = "anthropic", tmp_path / "run"
    needs(name)
    refused = every(1, status(401, "invalid x-api-key"))
    with FakeChat(BRAIN, refused, protocol=PROTOCOLS[name], models_status=404) as server:
        outcome = start(config(name, shared, server.url, "loop.rounds=1"), run)
        assert outcome.status == "failed" and "401: invalid x-api-key" in outcome.reason
        assert server.bill.requests == 1
        audit(run, server.bill)
        server.plan = lambda _: None
        assert resume(run).status == "done"
        audit(run, server.bill)
