"""One suite of faults over every protocol: what the desk, the books and the server's bill say.

The adapters need their extras (`pip install 'evokd[anthropic,google,mistral,ollama]'`); where one
is missing its part is skipped, and says so.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from evokd.teacher import transport
from evokd.teacher.client import Answer
from evokd.teacher.faults import TeacherDown, Unusable
from tests.servers.fake_chat import FakeChat, Mischief, Served
from tests.servers.mischief import FAULTS, HUGE, REPLIES, RETRIED, cut, slow, status
from tests.servers.protocols import KEY, KEY_NAME, PROTOCOLS
from tests.servers.rig import BRAIN, Outcome, Rig, request
from tests.teacher.providers.providing import needs

GARBLED = {"null choices", "no choices", "odd choices", "null message"}
ESTIMATED = {
    *("502", "504", "reset before headers", "reset after headers", "reset mid-body"),
    *("not JSON", "empty body", "a JSON list", "deep JSON"),
}
"""Faults that may have been billed: the row holds prompt + max_tokens."""
INSTANT = [name for name in FAULTS if name != "timeout"]
NUMBERS = itertools.count(1)
"""Of requests: one that was answered before is answered from the journal."""


class Desk(NamedTuple):
    """One server, one rig and one event loop for all tests of a protocol."""

    server: FakeChat
    rig: Rig
    runner: asyncio.Runner

    def ask(self, count: int = 1) -> list[Outcome]:
        return self.runner.run(self.rig.ask(*(request(next(NUMBERS)) for _ in range(count))))

    def rows_of(self, before: int) -> list[dict[str, object]]:
        return [dict(row) for row in self.rig.rows()[before:]]


@pytest.fixture(scope="module", params=PROTOCOLS)
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    needs(request.param)
    protocol = PROTOCOLS[request.param]
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setenv(KEY_NAME, KEY)
        with FakeChat(BRAIN, protocol=protocol) as server:

            async def made() -> Rig:
                more = protocol.endpoint(server.url) | {"api_key_env": KEY_NAME}
                return Rig(tmp_path_factory.mktemp("rig"), server.url, timeout_s=30.0, **more)

            found = Desk(server, runner.run(made()), runner)
            (first,) = found.ask()  # the role has been of use: no fault makes it silent
            assert isinstance(first, Answer), first
            yield found
            runner.run(found.rig.close())


@pytest.fixture(autouse=True)
def _low_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", HUGE // 2)


def after(desk: Desk, faults: dict[int, Mischief]) -> None:
    """The next requests, from 1, go wrong so."""
    before = desk.server.bill.requests

    def plan(served: Served) -> Mischief | None:
        return faults.get(served.number - before, faults.get(0))

    desk.server.plan = plan


@pytest.mark.parametrize("name", INSTANT)
def test_a_fault_at_first_then_sense(name: str, desk: Desk) -> None:
    before = len(desk.rig.rows())
    after(desk, {1: FAULTS[name]})
    (outcome,) = desk.ask()
    desk.rig.balances_with(desk.server)
    lost = name in ("huge", "400", "413")
    assert isinstance(outcome, Unusable if lost else Answer), outcome
    kind = "error" if name in RETRIED or name in ("400", "413") else "rejected"
    first = desk.rows_of(before)[0]["status"]
    assert first in (kind, "ok")
    assert first == kind or name in REPLIES


@pytest.mark.parametrize("name", INSTANT)
def test_a_fault_for_good(name: str, desk: Desk) -> None:
    before = len(desk.rig.rows())
    after(desk, {0: FAULTS[name]})
    outcomes = desk.ask(2)
    desk.rig.balances_with(desk.server)
    down = name in RETRIED and name not in GARBLED
    for outcome in outcomes:
        assert isinstance(outcome, TeacherDown if down else (Answer, Unusable)), outcome
    if name in RETRIED:
        rows = desk.rows_of(before)
        assert [row["status"] for row in rows] == ["error"] * 6
        flagged = {bool(row["estimated_completion_tokens"]) for row in rows}
        if name in ESTIMATED:
            assert flagged == {True}
        elif name not in GARBLED:
            assert flagged == {False}


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_refusal_for_good_is_asked_once(code: int, desk: Desk) -> None:
    asked = desk.server.bill.requests
    after(desk, {0: status(code)})
    (outcome,) = desk.ask()
    assert isinstance(outcome, TeacherDown)
    assert f"HTTP {code}: no" in str(outcome)
    assert desk.server.bill.requests == asked + 1
    desk.rig.balances_with(desk.server)


def test_a_wait_of_hours_is_not_waited_for(desk: Desk) -> None:
    asked = desk.server.bill.requests
    after(desk, {0: status(429, Retry_After="86400")})
    (outcome,) = desk.ask()
    assert isinstance(outcome, TeacherDown)
    assert desk.server.bill.requests == asked + 1


def test_a_prompt_that_is_too_long_names_the_setting(desk: Desk) -> None:
    after(desk, {0: status(400, "prompt is too long: 210000 tokens > 200000 maximum")})
    (outcome,) = desk.ask()
    assert isinstance(outcome, Unusable)
    assert "say `context: …` in the endpoint" in str(outcome)


def test_the_key_that_comes_back_stays_out_of_the_books(desk: Desk) -> None:
    after(desk, {0: status(500, f"bad key: {KEY}")})
    (outcome,) = desk.ask()
    assert KEY not in str(outcome)
    assert not any(KEY in str(row["error"]) for row in desk.rig.rows())
    assert {one.authorization for one in desk.server.bill.served} == {f"Bearer {KEY}"}


def test_many_at_once(desk: Desk) -> None:
    after(desk, {3: FAULTS["429"], 7: FAULTS["reset mid-body"], 11: FAULTS["502"]})
    assert all(isinstance(outcome, Answer) for outcome in desk.ask(16))
    desk.rig.balances_with(desk.server)


def test_a_cancelled_asker_lets_the_request_finish(desk: Desk) -> None:
    """What is with the server is booked."""
    asked = desk.server.bill.requests
    after(desk, {0: slow(0.3)})

    async def cancelled() -> None:
        asker = asyncio.create_task(desk.rig.ask(request(next(NUMBERS))))
        while desk.server.bill.requests == asked:
            await asyncio.sleep(0.01)
        asker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asker
        await asyncio.wait_for(desk.rig.metering.drain(), 30)

    before = len(desk.rig.rows())
    desk.runner.run(cancelled())
    assert [row["status"] for row in desk.rows_of(before)] == ["ok"]
    desk.rig.balances_with(desk.server)


@pytest.mark.parametrize("name", PROTOCOLS)
async def test_a_server_that_never_answers(
    name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(name)
    monkeypatch.setenv(KEY_NAME, KEY)
    with FakeChat(BRAIN, lambda _: cut("never answer"), protocol=PROTOCOLS[name]) as server:
        more = PROTOCOLS[name].endpoint(server.url) | {"api_key_env": KEY_NAME}
        rig = Rig(tmp_path_factory.mktemp("rig"), server.url, timeout_s=1.0, retries=1, **more)
        (outcome,) = await rig.ask(request(1))
        assert isinstance(outcome, TeacherDown) and "no answer within 1 s" in str(outcome)
        rig.balances_with(server)
        assert [row["completion_tokens"] for row in rig.rows()] == [20, 20]
        await rig.close()


@pytest.mark.parametrize("name", PROTOCOLS)
async def test_an_unreached_server_costs_nothing(
    name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(name)
    monkeypatch.setenv(KEY_NAME, KEY)
    with FakeChat(BRAIN, protocol=PROTOCOLS[name]) as server:
        more = PROTOCOLS[name].endpoint(server.url) | {"api_key_env": KEY_NAME}
    rig = Rig(tmp_path_factory.mktemp("rig"), server.url, **more)
    (outcome,) = await rig.ask(request(1))
    assert isinstance(outcome, TeacherDown) and "no connection" in str(outcome)
    assert rig.statuses() == ["unsent"] * 3
    await rig.close()
