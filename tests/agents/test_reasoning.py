"""The reasoning agents with a client of their own: turns, paths, beginnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agents.decoding.asking import behind
from agents.reasoning.decoder import decode, path_plan
from agents.reasoning.finisher import Beginning, finish
from agents.reasoning.finisher import _joined as joined
from agents.reasoning.reasoner import Question, reason
from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.config import ConfigError
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer, Asked, Came, Parse, Repair, T
from evokd.teacher.reply import Reply
from evokd.teacher.request import Message, Prompt, Request
from evokd.teacher.room import Room
from evokd.teacher.scripted import scripted_reply
from prompts.pack import Pack

QUESTION = "What does it do?\nA. rings\nB. boils water indeed"


class FakeClient:
    """Answers as the scripted teacher does, and keeps what was asked."""

    def __init__(self, directives: tuple[str | None, ...] = (None,), most: int = 99) -> None:
        self.directives, self.most = directives, most
        self.asked: list[Request] = []

    def rooms(self, voter: int, completion: int) -> Sequence[Room]:
        return ()

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]:
        if len(self.asked) >= self.most:
            raise BudgetReached("calls", None)
        self.asked.append(request)
        return Answer(parse(scripted_reply(request, 1)), f"call-{len(self.asked)}")

    async def ask_same(self, asked: Sequence[Asked[Any]], repair: Any = None) -> list[Came[Any]]:
        return [await self.ask(one.request, one.parse, repair) for one in asked]


def wording(examples: int = 0, pack: str = "small") -> ReasoningPrompts:
    return ReasoningPrompts(Pack.load(pack, "en", "reasoning"), "letter", examples)


async def test_every_sample_has_a_slot_and_a_turn_of_its_own() -> None:
    client = FakeClient((None, "Speak like a pirate."))
    asked = [Question(f"q{i}", QUESTION) for i in range(2)]
    found = await reason(client, wording(), asked, samples=2, temperature=0.7, logprobs=True)
    assert [one.id for one in found.given] == ["q0-s0", "q0-s1", "q1-s0", "q1-s1"]
    assert {request.temperature for request in client.asked} == {0.7}
    assert {request.top_logprobs for request in client.asked} == {2}
    assert [one.voter for one in found.given].count(0) == 2
    pirates = [r for r in client.asked if "pirate" in r.prompt.messages[0].content]
    assert len(pirates) == 2


async def test_a_budget_costs_the_rows_it_does_not_pay_for() -> None:
    asked = [Question("q", QUESTION)]
    found = await reason(
        FakeClient(most=2), wording(), asked, samples=3, temperature=0, logprobs=False
    )
    assert [one.reply is None for one in found.given] == [False, False, True]
    assert found.given[2].reason == "budget" and found.stopped is not None


@pytest.mark.parametrize("continuation", ["llama.cpp", "vllm"])
async def test_paths_begin_with_the_candidates_of_the_first_token(continuation: str) -> None:
    client = FakeClient()
    plan = path_plan(3, continuation, 0.7)  # type: ignore[arg-type]
    (ways,), stopped = await decode(client, wording(), [Question("q", QUESTION)], plan)
    assert stopped is None
    assert [request.call_key for request in client.asked] == ["q-first", "q-p0", "q-p1", "q-p2"]
    assert (client.asked[0].max_tokens, client.asked[0].top_logprobs) == (1, 3)
    for way, request in zip(ways.ways, client.asked[1:], strict=True):
        beginning = request.prompt.messages[-1].content
        assert way.reply.text.startswith(beginning) and way.reply.logprobs[0].token == beginning
        assert "".join(one.token for one in way.reply.logprobs) == way.reply.text
        assert request.temperature == 0
        assert bool(request.extra.get("continue_final_message")) == (continuation == "vllm")


async def test_sampled_paths_end_with_the_question() -> None:
    client = FakeClient()
    plan = path_plan(3, "samples", 0.7)
    (ways,), _ = await decode(client, wording(), [Question("q", QUESTION)], plan)
    assert len(ways.ways) == len(ways.calls) == 3
    assert {request.prompt.messages[-1].role for request in client.asked} == {"user"}
    assert {request.temperature for request in client.asked} == {0.7}


async def test_without_budget_for_a_first_token_there_is_no_path() -> None:
    plan = path_plan(3, "llama.cpp", 0.7)
    (ways,), stopped = await decode(FakeClient(most=0), wording(), [Question("q", QUESTION)], plan)
    assert ways.ways == () and ways.reason == "budget" and stopped is not None


async def test_what_was_begun_is_finished_and_stands_there_once() -> None:
    begun = Beginning("q", QUESTION, "<think>It was")
    client = FakeClient()
    found = await finish(client, wording(), [begun], temperature=0.5)
    reply = found.given[0].reply
    assert reply is not None and reply.text.startswith("<think>It was ")
    assert reply.text.count("<think>") == 1 and reply.logprobs == ()
    assert client.asked[0].prompt.messages[-1].role == "assistant"
    large = wording(pack="evokd").to_finisher(QUESTION, "<think>It was").messages
    assert large[-1].role == "user" and '"<think>It was"' in large[-1].content


@pytest.mark.parametrize(
    ("prefix", "text", "added"),
    [
        ("So", "So be it", " be it"),
        ("So", " be it", " be it"),
        (" So", "So be it", " be it"),
        ("\n", "Yes", "Yes"),
        ("", "Yes", "Yes"),
    ],
)
def test_a_beginning_that_a_server_repeats_is_taken_off(prefix: str, text: str, added: str) -> None:
    assert behind(prefix, text) == added


def test_worked_examples_take_turns_by_the_question() -> None:
    shown = {wording(2).worked(f"Question {i}?")[-1].answer for i in range(40)}
    assert shown == set("ABCDE")
    assert wording(2).worked("?") == wording(2).worked("?")
    with pytest.raises(ConfigError, match=r"dasd\.teacher_examples: small/en has 5 worked"):
        wording(6).worked("?")


@pytest.mark.parametrize(
    ("reply", "whole"),
    [
        ("raining.", "It was raining."),
        (", and is.", "It was, and is."),
        (" raining.", "It was raining."),
        ("It wasn't.", "It wasn't."),
    ],
)
def test_a_continuation_stands_apart_from_the_word_before_it(reply: str, whole: str) -> None:
    prompt = Prompt((Message("user", "Go on."),), "t", "sha")
    assert joined("It was", prompt, Reply(reply, "stop", None)).text == whole


def test_a_server_repeats_what_it_was_sent_which_has_no_control_characters() -> None:
    prompt = Prompt((Message("assistant", "It was"),), "t", "sha")
    reply = Reply("It was raining.", "stop", None)
    assert joined("It\x01 was", prompt, reply).text == "It\x01 was raining."
