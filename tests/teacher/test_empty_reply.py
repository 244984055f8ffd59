"""An empty reply tells why; an error in its place is asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evokd.store.events import Misread
from evokd.teacher.client import Answer, Asked
from evokd.teacher.faults import Unusable
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import at, changed, every
from tests.servers.rig import BRAIN, parse, request, rigged


def ended(reason: str | None, thought: int = 0, **message: Any) -> Any:
    def change(answer: dict[str, Any]) -> None:
        answer["choices"][0] |= {"finish_reason": reason}
        answer["choices"][0]["message"] = {"role": "assistant", "content": None, **message}
        if thought:
            answer["usage"]["completion_tokens_details"] = {"reasoning_tokens": thought}
            answer["usage"]["completion_tokens"] = thought

    return changed(change)


REASONS = {
    "refusal": (ended("stop", refusal="I would rather not."), "refused: I would rather not."),
    "filter": (ended("content_filter"), "content filter.*content_filter"),
    "Gemini's filter": (ended("SAFETY"), "content filter.*SAFETY"),
    "unseen thinking": (ended("length", 20), "thinking took the whole limit.*`max_tokens`"),
    "thinking beside": (ended("length", reasoning_content="hm"), "thinking took.*`max_tokens`"),
    "thinking inside": (ended("length", content="<think>hm {"), "thinking took.*`max_tokens`"),
    "Gemini's limit": (ended("MAX_TOKENS", reasoning="hm"), "thinking took.*`max_tokens`"),
    "only thinking": (ended("stop", reasoning_content="hm"), "all of it is thinking"),
    "the limit": (ended("length"), "limit was reached before a word.*`max_tokens`"),
    "a tool": (ended("tool_calls", tool_calls=[{}]), "tool was called"),
    "nothing said": (ended(None), "finish_reason: unknown"),
}


@pytest.mark.parametrize("name", REASONS)
async def test_an_empty_reply_tells_why(name: str, tmp_path: Path) -> None:
    fault, words = REASONS[name]
    with FakeChat(BRAIN, every(1, fault)) as server:
        async with rigged(tmp_path, server) as rig:
            with pytest.raises(Unusable, match=words):
                await rig.client.ask(request(1), parse)
            (row,) = rig.rows()
            assert row["status"] == "rejected"
            (told,) = [event for event in rig.events if isinstance(event, Misread)]
            assert row["error"] == told.reason


async def test_each_of_several_completions_tells_why(tmp_path: Path) -> None:
    def change(answer: dict[str, Any]) -> None:
        answer["choices"][1] |= {"finish_reason": "content_filter", "message": {"content": ""}}

    with FakeChat(BRAIN, every(1, changed(change))) as server:
        async with rigged(tmp_path, server) as rig:
            asked = [Asked(request(1), parse)] * 2
            first, second = await rig.client.ask_same(asked)
            assert isinstance(first, Answer)
            assert isinstance(second, Unusable) and "content filter" in str(second)


def failed(error: Any, **choice: Any) -> Any:
    def change(answer: dict[str, Any]) -> None:
        answer["choices"][0] |= {"error": error, "message": {"content": ""}, **choice}

    return changed(change)


IN_CHOICE = {
    "OpenRouter": failed({"code": 502, "message": "the provider hung up"}, finish_reason="error"),
    "text": failed("the provider hung up"),
    "whatever code": failed({"code": 403, "message": "the provider hung up"}),
    "without words": failed(None, finish_reason="error"),
}


@pytest.mark.parametrize("name", IN_CHOICE)
async def test_an_error_inside_the_choice_is_retried_not_repaired(
    name: str, tmp_path: Path
) -> None:
    with FakeChat(BRAIN, at({1: IN_CHOICE[name]})) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Answer)
            assert rig.statuses() == ["error", "ok"]
            assert name == "without words" or "the provider hung up" in rig.rows()[0]["error"]
            first, second = server.bill.served
            assert first.key == second.key  # no repair turn in it
            rig.balances_with(server)


async def test_one_that_stays_costs_the_row_not_the_run(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, IN_CHOICE["whatever code"])) as server:
        async with rigged(tmp_path, server, retries=1) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Unusable) and "the provider hung up" in str(outcome)
            assert rig.statuses() == ["error", "error"]
            rig.balances_with(server)
