"""How paths are asked for: branches, samples, beginnings, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from agents.decoding.asking import PathPlan, ask_paths
from evokd.ledger.budget import BudgetReached
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Message, Prompt, Request
from tests.agents.decoding.desk import FakeDesk, first, spelt

BRANCHED = PathPlan(2, "llama.cpp", 0.7)
SAMPLED = PathPlan(2, "samples", 0.7, together=True)


def asked(begun: str | None = None, **more: Any) -> Request:
    messages = [Message("user", "What is it?")]
    messages += [] if begun is None else [Message("assistant", begun)]
    prompt = Prompt(tuple(messages), "t", "sha")
    return Request("analyst", "q", prompt, temperature=0.3, max_tokens=40, **more)


def text_of(reply: Reply) -> str:
    if "no use" in reply.text:
        raise Unusable("no use")
    return reply.text


async def test_branches_go_on_greedily_whatever_the_endpoint_says() -> None:
    desk = FakeDesk(
        {"q/first": first("It", "A"), "q/path-0": spelt(" rings"), "q/path-1": spelt("A lamp")}
    )
    ways = await ask_paths(desk, asked(), BRANCHED, text_of)
    assert [way.value for way in ways.ways] == ["It rings", "A lamp"]  # the second was repeated
    assert ways.calls == ("call-q/first", "call-q/path-0", "call-q/path-1") and ways.branched
    assert [r.prompt.messages[-1].content for r in desk.requests[1:]] == ["It", "A"]
    assert {r.temperature for r in desk.requests} == {0.0}
    assert all("temperature" in r.holds for r in desk.requests)
    assert (desk.requests[0].max_tokens, desk.requests[0].top_logprobs) == (1, 2)
    assert "max_tokens" in desk.requests[0].holds and desk.requests[1].max_tokens == 40
    branching = [way.reply.logprobs[0].token for way in ways.ways]
    assert branching == ["It", "A"]


@pytest.mark.parametrize("repeats", [True, False])
async def test_a_branch_follows_what_the_prompt_has_begun(repeats: bool) -> None:
    reply = spelt(" rooms")
    said = Reply("They are about hotel rooms", "stop", None, reply.logprobs) if repeats else reply
    desk = FakeDesk({"q/first": first(" hotel"), "q/path-0": said})
    ways = await ask_paths(desk, asked("They are about"), BRANCHED, text_of)
    assert desk.requests[1].prompt.messages == (
        Message("user", "What is it?"),
        Message("assistant", "They are about hotel"),
    )
    (way,) = ways.ways
    assert way.reply.text == " hotel rooms"
    assert way.before == ("They are about" if repeats else "")
    assert "".join(one.token for one in way.reply.logprobs) == " hotel rooms"


async def test_samples_are_completions_of_one_request() -> None:
    desk = FakeDesk({"q/path-0": spelt("One."), "q/path-1": spelt("no use")})
    ways = await ask_paths(desk, asked(), SAMPLED, text_of)
    assert desk.together == [2] and not ways.branched
    assert [way.value for way in ways.ways] == ["One."]
    assert ways.calls == ("call-together",) and ways.reasons == ("unusable reply: no use",)
    assert {r.temperature for r in desk.requests} == {0.7}


async def test_what_must_be_json_is_sampled() -> None:
    desk = FakeDesk({"q/path-0": spelt("{}"), "q/path-1": spelt("{}")})
    plan = PathPlan(2, "llama.cpp", 0.7, together=True)
    ways = await ask_paths(desk, asked(schema={"type": "object"}), plan, text_of)
    assert not ways.branched and len(ways.ways) == 2


async def test_a_server_without_log_probabilities_is_told_of() -> None:
    bare = Reply("It", "length", None)
    ways = await ask_paths(FakeDesk({"q/first": bare}), asked(), BRANCHED, text_of)
    assert ways.ways == () and ways.reason is not None and "log-probabilities" in ways.reason
    bare = Reply("It rings.", "stop", None)
    desk = FakeDesk({"q/path-0": bare, "q/path-1": bare})
    ways = await ask_paths(desk, asked(), SAMPLED, text_of)
    assert ways.ways == () and ways.reason is not None and "log-probabilities" in ways.reason
    unweighed = PathPlan(2, "samples", 0.7, "majority", weighed=False, together=True)
    ways = await ask_paths(FakeDesk(desk.said), asked(), unweighed, text_of)
    assert len(ways.ways) == 2


async def test_a_budget_costs_the_paths_it_does_not_pay_for() -> None:
    reached = BudgetReached("tokens", None)
    desk = FakeDesk({"q/first": first("It", "A"), "q/path-0": spelt(" rings"), "q/path-1": reached})
    ways = await ask_paths(desk, asked(), BRANCHED, text_of)
    assert len(ways.ways) == 1 and ways.stopped is reached
    ways = await ask_paths(FakeDesk({"q/first": reached}), asked(), BRANCHED, text_of)
    assert ways.ways == () and ways.stopped is reached
