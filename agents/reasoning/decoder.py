"""CoT-decoding over an API (Wang & Zhou 2024): paths that branch at the first token.

One call asks for the first token's candidates. Each is put into the assistant's mouth and continued
greedily, where the server can: llama.cpp by itself, vLLM when told to. Elsewhere the paths are
samples. Which path is taken is decided outside (`evokd.dasd.cot_decoding`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from agents.gather_usable import gather_usable
from agents.reasoning.finisher import behind
from agents.reasoning.reasoner import CANDIDATES, Question, ask
from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply, TokenLogprob
from evokd.teacher.request import Message, Request

Branches = Callable[[TokenLogprob, int], Sequence[str]]
"""The first token with its candidates, and k → the beginnings of the paths."""
Continuation = Literal["llama.cpp", "vllm", "samples"]
_TOLD: Mapping[Continuation, Mapping[str, Any]] = {
    "vllm": {"add_generation_prompt": False, "continue_final_message": True}
}


@dataclass(frozen=True, slots=True)
class DecodedPath:
    """One path."""

    reply: Reply
    """Text and tokens, the branching token included in both."""
    call: str


@dataclass(frozen=True, slots=True)
class DecodedPaths:
    """The paths of one question."""

    question: str
    """Its id."""
    ways: tuple[DecodedPath, ...]
    calls: tuple[str, ...]
    """All calls, that for the first token among them."""
    reason: str | None = None
    """Why there is no path."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How paths are made."""

    k: int
    continuation: Continuation
    temperature: float
    """Of sampled paths."""
    branches: Branches


async def decode(
    client: LLMClient, prompts: ReasoningPrompts, questions: Sequence[Question], settings: Settings
) -> tuple[tuple[DecodedPaths, ...], BudgetReached | None]:
    """The paths of some questions, and the budget that stopped some of them."""
    work = _sampled if settings.continuation == "samples" else _branched
    found = await asyncio.gather(*(work(client, prompts, one, settings) for one in questions))
    stopped = next((reached for _, reached in found if reached is not None), None)
    return tuple(ways for ways, _ in found), stopped


Decoded = tuple[DecodedPaths, BudgetReached | None]


async def _branched(
    client: LLMClient, prompts: ReasoningPrompts, one: Question, settings: Settings
) -> Decoded:
    root = _request(prompts, one, client)
    request = replace(root, call_key=f"{one.id}-first", max_tokens=1, top_logprobs=settings.k)
    try:
        first = await ask(client, request)
    except Unusable as error:
        return DecodedPaths(one.id, (), (), f"unusable reply: {error}"), None
    except BudgetReached as reached:
        return DecodedPaths(one.id, (), (), "budget"), reached
    if not first.value.logprobs:
        return DecodedPaths(
            one.id, (), (first.call,), "no log-probabilities came with the first token"
        ), None
    token = first.value.logprobs[0]
    known = dict(token.top)
    beginnings = settings.branches(token, settings.k)
    requests = [
        replace(
            root,
            call_key=f"{one.id}-p{at}",
            prompt=replace(
                root.prompt, messages=(*root.prompt.messages, Message("assistant", beginning))
            ),
            extra={**root.extra, **_TOLD.get(settings.continuation, {})},
        )
        for at, beginning in enumerate(beginnings)
    ]
    found = await gather_usable([ask(client, request) for request in requests])
    ways = tuple(
        DecodedPath(_begun(beginning, known[beginning], token, answer.value), answer.call)
        for beginning, answer in zip(beginnings, found.values, strict=True)
        if answer is not None
    )
    calls = (first.call, *(way.call for way in ways))
    return DecodedPaths(
        one.id, ways, calls, None if ways else "no path was answered"
    ), found.stopped


def _begun(beginning: str, logprob: float, first: TokenLogprob, reply: Reply) -> Reply:
    branch = TokenLogprob(beginning, logprob, first.top)
    text = beginning + behind(beginning, reply.text)
    return replace(reply, text=text, logprobs=(branch, *reply.logprobs))


async def _sampled(
    client: LLMClient, prompts: ReasoningPrompts, one: Question, settings: Settings
) -> Decoded:
    root = replace(_request(prompts, one, client), temperature=settings.temperature)
    requests = [replace(root, call_key=f"{one.id}-p{at}") for at in range(settings.k)]
    found = await gather_usable([ask(client, request) for request in requests])
    ways = tuple(
        DecodedPath(answer.value, answer.call) for answer in found.values if answer is not None
    )
    reason = None if ways else "no path was answered"
    return DecodedPaths(one.id, ways, tuple(way.call for way in ways), reason), found.stopped


def _request(prompts: ReasoningPrompts, one: Question, client: LLMClient) -> Request:
    """A greedy path; CoT-decoding asks the first of the role's endpoints alone."""
    style = prompts.style
    return Request(
        role="teacher_reasoner",
        call_key=one.id,
        prompt=prompts.to_teacher(one.text, client.directives[0]),
        temperature=0.0,
        max_tokens=style.max_tokens,
        top_logprobs=CANDIDATES,
        stop=style.stop,
        extra=style.extra,
        keeps_thinking=True,
    )
