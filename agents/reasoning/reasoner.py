"""The teacher that reasons: answers with their chains of thought, for the student to learn from.

It sees questions alone; what their right answers are stays outside. A reply is kept as it came,
usable or not: what is fit to be learnt is decided, and counted, later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agents.decoding.asking import CANDIDATES
from agents.endpoint_rotation import whose_turn
from agents.gather_usable import Gathered, gather_usable
from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer, LLMClient
from evokd.teacher.reply import Reply
from evokd.teacher.request import Prompt, Request


class Question(NamedTuple):
    """A question as the teacher gets it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class TeacherResponse:
    """One reply, or why there is none."""

    id: str
    """Of the response, within its round: question and number."""
    question: str
    """Id of the question."""
    voter: int
    """Which of the role's endpoints answered."""
    reply: Reply | None
    call: str | None
    reason: str | None
    """Why there is no reply."""


@dataclass(frozen=True, slots=True)
class TeacherResponses:
    """What came of some questions."""

    given: tuple[TeacherResponse, ...]
    stopped: BudgetReached | None


async def reason(
    client: LLMClient,
    prompts: ReasoningPrompts,
    questions: Sequence[Question],
    *,
    samples: int,
    temperature: float,
    logprobs: bool,
    first: int = 0,
) -> TeacherResponses:
    """All responses to some questions, in their order; several endpoints take turns.

    Args:
        client: Of the role `teacher_reasoner`.
        prompts: How questions are put.
        questions: What is asked.
        samples: Responses to each.
        temperature: Of sampling.
        logprobs: Ask for the tokens' log-probabilities.
        first: Number of the first question among all of the stage, for the turns.
    """
    turns = [
        (one, sample, whose_turn((first + at) * samples + sample, len(client.directives)))
        for at, one in enumerate(questions)
        for sample in range(samples)
    ]
    requests = [
        _request(
            prompts,
            prompts.to_teacher(one.text, client.directives[voter]),
            call_key=f"{one.id}-s{sample}",
            temperature=temperature,
            voter=voter,
            logprobs=logprobs,
        )
        for one, sample, voter in turns
    ]
    found: Gathered[Answer[Reply]] = await gather_usable(
        [ask(client, request) for request in requests]
    )
    given = tuple(
        TeacherResponse(
            id=request.call_key,
            question=one.id,
            voter=voter,
            reply=answer.value if answer else None,
            call=answer.call if answer else None,
            reason=why,
        )
        for (one, _, voter), request, answer, why in zip(
            turns, requests, found.values, found.reasons, strict=True
        )
    )
    return TeacherResponses(given, found.stopped)


async def ask(client: LLMClient, request: Request) -> Answer[Reply]:
    """One call; every reply will do."""
    return await client.ask(request, lambda reply: reply)


def _request(
    prompts: ReasoningPrompts,
    prompt: Prompt,
    *,
    call_key: str,
    temperature: float,
    voter: int,
    logprobs: bool,
) -> Request:
    style = prompts.style
    return Request(
        role="teacher_reasoner",
        call_key=call_key,
        prompt=prompt,
        voter=voter,
        temperature=temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens,
        top_logprobs=CANDIDATES if logprobs else 0,
        stop=style.stop,
        extra=style.extra,
        keeps_thinking=True,
    )
