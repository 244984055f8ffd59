"""One desk against the fake server: every fault by itself, and what it leaves in the ledger."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evokd.ledger.totals import totals
from evokd.store.events import Retried
from evokd.teacher import transport
from evokd.teacher.client import Answer
from evokd.teacher.faults import TeacherDown, Unusable
from tests.servers.fake_chat import FakeChat, Reaction, Served
from tests.servers.mischief import (
    FAULTS,
    HUGE,
    REPLIES,
    RETRIED,
    at,
    cut,
    every,
    slow,
    status,
)
from tests.servers.rig import BRAIN, SCHEMA, Rig, request, rigged

GARBLED = {"null choices", "no choices", "odd choices", "null message"}


@pytest.fixture(autouse=True)
def _low_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", HUGE // 2)


def patience(name: str) -> float:
    return 1.0 if name == "timeout" else 5.0


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_at_first_then_sense(name: str, tmp_path: Path) -> None:
    with FakeChat(BRAIN, at({1: FAULTS[name]})) as server:
        async with rigged(tmp_path, server, timeout_s=patience(name)) as rig:
            (outcome,) = await rig.ask(request(1))
            rig.balances_with(server)
            lost = name in ("huge", "400", "413")
            assert isinstance(outcome, Unusable if lost else Answer), outcome
            kind = "error" if name in RETRIED or name in ("400", "413") else "rejected"
            assert rig.statuses()[0] in (kind, "ok")
            assert rig.statuses()[0] == kind or name in REPLIES


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_for_good(name: str, tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, FAULTS[name])) as server:
        async with rigged(tmp_path, server, timeout_s=patience(name)) as rig:
            outcomes = await rig.ask(request(1), request(2))
            rig.balances_with(server)
            down = name in RETRIED and name not in GARBLED
            for outcome in outcomes:
                assert isinstance(outcome, TeacherDown if down else (Answer, Unusable)), outcome
            if name in RETRIED:
                assert rig.statuses() == ["error"] * 6


ESTIMATED = {
    *("502", "504", "timeout", "error as text in a 200"),
    *("reset before headers", "reset after headers", "reset mid-body"),
    *("not JSON", "empty body", "a JSON list", "deep JSON"),
}
"""Faults that may have been billed: the row holds prompt + max_tokens."""
FREE = {"429", "429 seconds", "429 milliseconds", "429 date", "429 nonsense", "500", "503"}


@pytest.mark.parametrize("name", [*RETRIED, "400"])
async def test_what_a_fault_costs(name: str, tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, FAULTS[name])) as server:
        async with rigged(tmp_path, server, retries=0, timeout_s=patience(name)) as rig:
            await rig.ask(request(1))
            (row,) = rig.rows()
            tokens = (row["prompt_tokens"], row["completion_tokens"])
            flagged = row["estimated_completion_tokens"] > 0
            delivered = server.bill.served[0].usage
    if delivered:
        assert tokens == delivered and not flagged
    elif name in ESTIMATED - {"error as text in a 200"}:
        assert flagged and tokens[1] == 20 and tokens[0] > 0
    else:
        assert tokens == (0, 0) and not flagged
        assert name in FREE | {"400", "error in a 200", "error as text in a 200"}


@pytest.mark.parametrize("name", ["no usage", "negative usage", "absurd usage", "usage as text"])
async def test_a_good_reply_without_sensible_usage_is_an_estimate(
    name: str, tmp_path: Path
) -> None:
    with FakeChat(BRAIN, every(1, FAULTS[name])) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Answer)
            (row,) = rig.rows()
            assert row["status"] == "ok"
            assert 0 < row["estimated_completion_tokens"] < row["max_tokens"]
            assert row["estimated_prompt_tokens"] == row["prompt_tokens"] > 0


async def test_an_unreached_server_costs_nothing(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    rig = Rig(tmp_path, url)
    (outcome,) = await rig.ask(request(1))
    assert isinstance(outcome, TeacherDown)
    assert rig.statuses() == ["unsent"] * 3
    assert totals(rig.ledger.db, (), "edge")["billed"]["calls"] == 0
    await rig.close()


async def test_a_connection_that_times_out_costs_nothing(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # nobody accepts: the queue is full, the next connection hangs
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        rig = Rig(tmp_path, url, timeout_s=0.2, retries=1)
        (outcome,) = await rig.ask(request(1))
        assert isinstance(outcome, TeacherDown)
        assert rig.statuses() == ["unsent"] * 2
        await rig.close()


@pytest.mark.parametrize("code", [401, 403, 404])
async def test_a_refusal_for_good_is_asked_once(code: int, tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, status(code))) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, TeacherDown)
            assert f"HTTP {code}" in str(outcome)
            rig.balances_with(server)
            assert server.bill.requests == 1


async def test_a_wait_of_hours_is_not_waited_for(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, status(429, Retry_After="86400"))) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await asyncio.wait_for(rig.ask(request(1)), 5)
            assert isinstance(outcome, TeacherDown)
            assert server.bill.requests == 1


async def test_half_a_character_goes_out_and_comes_back(tmp_path: Path) -> None:
    with FakeChat(BRAIN, at({1: FAULTS["lone surrogate"]})) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1, text="half \ud83d of it"))
            assert isinstance(outcome, Answer)
            assert rig.statuses() == ["rejected", "ok"]
            rig.balances_with(server)


async def test_a_cancelled_asker_lets_the_request_finish(tmp_path: Path) -> None:
    """What is with the server is booked; what still waited at home never leaves."""
    with FakeChat(BRAIN, every(1, slow(0.3))) as server:
        async with rigged(tmp_path, server, concurrency=2) as rig:
            asker = asyncio.create_task(rig.ask(*map(request, range(6))))
            while server.bill.requests < 2:
                await asyncio.sleep(0.01)
            asker.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asker
            await asyncio.wait_for(rig.metering.drain(), 5)
            assert rig.statuses() == ["ok", "ok"]
            rig.balances_with(server)


async def test_a_cancelled_asker_sends_no_retry(tmp_path: Path) -> None:
    def react(payload: Any, answer: Any, served: Served) -> Reaction:
        return Reaction(body=b'{"choices": null}', delay_s=0.2)

    with FakeChat(BRAIN, every(1, react)) as server:
        async with rigged(tmp_path, server) as rig:
            asker = asyncio.create_task(rig.ask(request(1)))
            while not server.bill.requests:
                await asyncio.sleep(0.01)
            asker.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asker
            await asyncio.wait_for(rig.metering.drain(), 5)
            assert rig.statuses() == ["error"]
            rig.balances_with(server)


async def test_a_refusal_that_nobody_waits_for_prints_no_traceback(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    def react(payload: Any, answer: Any, served: Served) -> Reaction:
        return Reaction(400, body=b'{"error": "no"}', delay_s=0.3)

    with FakeChat(BRAIN, every(1, react)) as server:
        async with rigged(tmp_path, server) as rig:
            asker = asyncio.create_task(rig.ask(request(1)))
            while not server.bill.requests:
                await asyncio.sleep(0.01)
            asker.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asker
            # ends by itself: what `drain` waits for is looked at there
            while rig.metering.in_flight:
                await asyncio.sleep(0.01)
            gc.collect()
            assert rig.statuses() == ["error"]
    assert told == []


async def test_the_limit_comes_down_and_grows_back(tmp_path: Path) -> None:
    with FakeChat(BRAIN, delay_s=0.15, slots=4) as server:
        async with rigged(tmp_path, server, concurrency=16, retries=20) as rig:
            limiter = rig.teacher.limiter
            outcomes = await rig.ask(*map(request, range(60)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
            assert limiter.limit < 12
            refused = [one.status == 429 for one in server.bill.served]
            # the first 16 run into the wall of 4; later only one additive step at a time does
            assert sum(refused[:16]) >= 6
            assert sum(refused[16:]) / len(refused[16:]) < 0.4
            assert server.most_busy <= 16
            server.slots, server.delay_s = None, 0.03
            await rig.ask(*map(request, range(200, 400)))
            assert limiter.limit == 16
            rig.balances_with(server)


@pytest.mark.parametrize("code", [429, 503])
async def test_retry_after_holds_for_the_whole_endpoint(code: int, tmp_path: Path) -> None:
    with FakeChat(BRAIN, at({1: status(code, Retry_After="0.4")})) as server:
        async with rigged(tmp_path, server, concurrency=1) as rig:
            outcomes = await rig.ask(*map(request, range(4)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            first, *rest = server.bill.served
            assert min(one.began for one in rest) - first.ended >= 0.38
            (told,) = [event for event in rig.events if isinstance(event, Retried)]
            assert told.wait_s == pytest.approx(0.4)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PLACES: list[tuple[Any, ...]] = [
    (),
    ("choices",),
    ("choices", 0),
    ("choices", 0, "message"),
    ("choices", 0, "message", "content"),
    ("choices", 0, "message", "role"),
    ("choices", 0, "message", "tool_calls"),
    ("choices", 0, "finish_reason"),
    ("choices", 0, "logprobs"),
    ("choices", 0, "logprobs", "content"),
    ("usage",),
    ("usage", "prompt_tokens_details"),
    ("usage", "prompt_tokens_details", "cached_tokens"),
    ("usage", "total_tokens"),
    ("usage", "service_tier"),
    ("error",),
    ("model",),
    ("service_tier",),
    ("id",),
]


def planted(answer: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The answer with `value` somewhere in it."""
    if not place:
        return value
    here = answer
    for step in place[:-1]:
        if isinstance(here, dict) and not isinstance(here.get(step), (dict, list)):
            here[step] = {}
        here = here[step]
    here[place[-1]] = value
    return answer


@pytest.fixture
def steady(tmp_path: Path) -> Iterator[tuple[FakeChat, Rig, asyncio.Runner]]:
    """One server, one rig and one event loop for all the examples of a property."""
    with FakeChat(BRAIN) as server, asyncio.Runner() as runner:

        async def rig() -> Rig:
            return Rig(tmp_path, server.url, retries=0)

        made = runner.run(rig())
        yield server, made, runner
        runner.run(made.close())


def believable(body: Any) -> tuple[int, int] | None:
    """The usage in a body, as far as a bill could hold it."""
    usage = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if type(prompt) is not int or type(completion) is not int:
        return None
    total = usage.get("total_tokens")
    if type(total) is int and total < 10**9:
        completion = max(completion, total - prompt)  # thinking that stands there alone
    return (prompt, completion) if prompt > 0 and usage["completion_tokens"] >= 0 else None


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=JSON)
def test_no_answer_breaks_the_desk(
    steady: tuple[FakeChat, Rig, asyncio.Runner], place: tuple[Any, ...], value: Any
) -> None:
    """Whatever JSON stands wherever in a 200: an answer, a useless reply, or a teacher down."""
    server, rig, runner = steady

    def react(payload: Any, answer: Any, served: Served) -> Reaction:
        body = planted(answer, place, value)
        return Reaction(body=json.dumps(body).encode(), usage=believable(body))

    server.plan = every(1, react)
    (outcome,) = runner.run(rig.ask(request(server.bill.requests)))
    assert isinstance(outcome, (Answer, Unusable, TeacherDown)), outcome
    rig.balances_with(server)


async def test_how_a_request_looks_on_the_wire(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, cut("before headers"))) as server:
        fields: dict[str, Any] = {"retries": 0}
        for number, more in enumerate(
            (
                {},
                {"token_limit_field": "max_tokens"},
                {"structured": "json_object"},
                {"structured": "none"},
            )
        ):
            (tmp_path / str(number)).mkdir()
            async with rigged(tmp_path / str(number), server, **fields, **more) as rig:
                await rig.ask(request(1))
        full, old, loose, bare = (json.loads(one.key) for one in server.bill.served)
    assert full["max_completion_tokens"] == 20 and "max_tokens" not in full
    assert old["max_tokens"] == 20 and "max_completion_tokens" not in old
    assert full["response_format"]["json_schema"]["schema"] == SCHEMA
    assert loose["response_format"] == {"type": "json_object"}
    assert "response_format" not in bare
    assert not any(one.get("stream") for one in (full, old, loose, bare))
