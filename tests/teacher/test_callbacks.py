"""What LangChain's callbacks hear of a call, whatever becomes of it, and what they never hear."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache

from evokd.teacher import transport
from tests.servers.fake_chat import FakeChat
from tests.servers.listening import Listener, listening
from tests.servers.mischief import FAULTS, HUGE, changed, echo_key, echo_key_in_reply, every
from tests.servers.rig import BRAIN, Rig, request, rigged

KEY = "sk-fake/0123456789abcdef"
UNANSWERED = {
    *("429", "500", "502", "503", "504", "400", "413", "timeout", "huge"),
    *("reset before headers", "reset after headers", "reset mid-body"),
    *("error in a 200", "error as text in a 200", "null choices", "not JSON"),
}
"""A sample of the faults that must be heard as errors."""


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", HUGE // 2)
    with listening() as one:
        yield one


@pytest.mark.parametrize("name", FAULTS)
async def test_every_attempt_is_heard_once(name: str, tmp_path: Path, listener: Listener) -> None:
    with FakeChat(BRAIN, every(1, FAULTS[name])) as server:
        patience = 0.5 if name == "timeout" else 5.0
        async with rigged(tmp_path, server, retries=1, timeout_s=patience) as rig:
            await rig.ask(request(1))
            rows = {row["id"]: row for row in rig.rows()}
    assert len(listener.started) == len(rows) == server.bill.requests
    assert sorted(listener.ended + listener.failed) == sorted(listener.started)
    if name in UNANSWERED:
        assert not listener.ended
    for told in listener.metadata.values():
        row = rows.pop(told["call"])
        assert (told["source"], told["target"]) == (row["source"], row["target"])
        assert (told["round"], told["role"]) == (row["round"], row["agent"])
        assert (told["call_key"], told["attempt"]) == (row["slot"], row["attempt"])
    assert not rows


async def test_what_never_left_is_heard_as_an_error(tmp_path: Path, listener: Listener) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    rig = Rig(tmp_path, url, retries=1)
    await rig.ask(request(1))
    assert rig.statuses() == ["unsent"] * 2
    assert len(listener.started) == len(listener.failed) == 2
    await rig.close()


@pytest.mark.parametrize("code", [None, 400, 401, 429])
async def test_they_never_hear_the_key(
    code: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listener: Listener
) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY)
    fault = echo_key_in_reply if code is None else echo_key(code)
    with FakeChat(BRAIN, every(1, fault)) as server:
        async with rigged(tmp_path, server, retries=0, api_key_env="FAKE_KEY") as rig:
            await rig.ask(request(1))
            assert server.bill.served[0].authorization == f"Bearer {KEY}"
    heard = repr(listener.all)
    assert KEY not in heard
    assert "[key]" in heard


async def test_a_listener_that_fails_costs_no_answer(tmp_path: Path, listener: Listener) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the tracer is full")

    listener.on_llm_end = fail  # type: ignore[method-assign]
    listener.raise_error = True
    with FakeChat(BRAIN) as server:
        async with rigged(tmp_path, server) as rig:
            await rig.ask(request(1))
            assert rig.statuses() == ["ok"]
            rig.balances_with(server)


async def test_every_choice_is_heard_and_the_usage_booked_once(
    tmp_path: Path, listener: Listener
) -> None:
    def second(answer: dict[str, Any]) -> None:
        answer["choices"].append({**answer["choices"][0], "index": 1})

    with FakeChat(BRAIN, every(1, changed(second))) as server:
        async with rigged(tmp_path, server) as rig:
            await rig.ask(request(1))
            assert rig.statuses() == ["ok"]
            rig.balances_with(server)
    (result,) = [one for one in listener.all if hasattr(one, "generations")]
    assert len(result.generations[0]) == 2


async def test_langchains_cache_answers_nothing(tmp_path: Path) -> None:
    set_llm_cache(InMemoryCache())
    try:
        with FakeChat(BRAIN) as server:
            async with rigged(tmp_path, server) as rig:
                asked = request(1)
                for _ in range(2):
                    await rig.teacher.send(asked, 1, {})
            assert server.bill.requests == 2
    finally:
        set_llm_cache(None)
