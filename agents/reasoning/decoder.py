"""CoT-decoding of a teacher that reasons: the paths of some questions (`agents.decoding`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from agents.decoding.asking import PathPlan, Ways, ask_paths
from agents.reasoning.reasoner import Question
from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.config import Continuation
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import LLMClient
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request


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


def path_plan(k: int, continuation: Continuation, temperature: float) -> PathPlan:
    """How paths are made here; a path without log-probabilities is kept, and has no weight."""
    return PathPlan(
        *(k, continuation, temperature, "majority"), first="{key}-first", each="{key}-p{at}"
    )


async def decode(
    client: LLMClient, prompts: ReasoningPrompts, questions: Sequence[Question], plan: PathPlan
) -> tuple[tuple[DecodedPaths, ...], BudgetReached | None]:
    """The paths of some questions, and the budget that stopped some of them."""
    found: list[Ways[Reply]] = await asyncio.gather(
        *(ask_paths(client, _request(prompts, one, client), plan, _as_it_is) for one in questions)
    )
    decoded = tuple(
        DecodedPaths(
            one.id,
            tuple(DecodedPath(way.reply, way.call) for way in ways.ways),
            ways.calls,
            ways.reason,
        )
        for one, ways in zip(questions, found, strict=True)
    )
    return decoded, next((ways.stopped for ways in found if ways.stopped is not None), None)


def _as_it_is(reply: Reply) -> Reply:
    """Every reply will do."""
    return reply


def _request(prompts: ReasoningPrompts, one: Question, client: LLMClient) -> Request:
    """A greedy path; CoT-decoding asks the first of the role's endpoints alone."""
    style = prompts.style
    return Request(
        role="teacher_reasoner",
        call_key=one.id,
        prompt=prompts.to_teacher(one.text, client.directives[0]),
        temperature=0.0,
        max_tokens=style.max_tokens,
        stop=style.stop,
        extra=style.extra,
        keeps_thinking=True,
    )
