"""The teacher that reasons: answers with their chains of thought, for the student to learn from.

It sees questions alone; what their right answers are stays outside. A reply is kept as it came,
usable or not: what is fit to be learnt is decided, and counted, later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agents.committee import member
from agents.harvest import Harvest, harvest
from agents.wording import Wording
from evokd.ledger.budget import BudgetReached
from evokd.teacher.desk import Answer, Desk
from evokd.teacher.reply import Reply
from evokd.teacher.request import Prompt, Request

CANDIDATES = 2
"""Candidates a token: with two, a server that keeps only the last piece of a character shows it."""


class Asked(NamedTuple):
    """A question as the teacher gets it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Response:
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
class Responses:
    """What came of some questions."""

    given: tuple[Response, ...]
    stopped: BudgetReached | None


async def reason(
    desk: Desk,
    wording: Wording,
    questions: Sequence[Asked],
    *,
    samples: int,
    temperature: float,
    logprobs: bool,
    first: int = 0,
) -> Responses:
    """All responses to some questions, in their order; several endpoints take turns.

    Args:
        desk: Of the role `teacher_reasoner`.
        wording: How questions are put.
        questions: What is asked.
        samples: Responses to each.
        temperature: Of sampling.
        logprobs: Ask for the tokens' log-probabilities.
        first: Number of the first question among all of the stage, for the turns.
    """
    orders = [
        (one, sample, member((first + at) * samples + sample, len(desk.directives)))
        for at, one in enumerate(questions)
        for sample in range(samples)
    ]
    requests = [
        _request(
            wording,
            wording.to_teacher(one.text, desk.directives[voter]),
            slot=f"{one.id}-s{sample}",
            temperature=temperature,
            voter=voter,
            logprobs=logprobs,
        )
        for one, sample, voter in orders
    ]
    found: Harvest[Answer[Reply]] = await harvest([ask(desk, request) for request in requests])
    given = tuple(
        Response(
            id=request.slot,
            question=one.id,
            voter=voter,
            reply=answer.value if answer else None,
            call=answer.call if answer else None,
            reason=why,
        )
        for (one, _, voter), request, answer, why in zip(
            orders, requests, found.values, found.reasons, strict=True
        )
    )
    return Responses(given, found.stopped)


async def ask(desk: Desk, request: Request) -> Answer[Reply]:
    """One call; every reply will do."""
    return await desk.ask(request, lambda reply: reply)


def _request(
    wording: Wording,
    prompt: Prompt,
    *,
    slot: str,
    temperature: float,
    voter: int,
    logprobs: bool,
) -> Request:
    style = wording.style
    return Request(
        role="teacher_reasoner",
        slot=slot,
        prompt=prompt,
        voter=voter,
        temperature=temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens,
        top_logprobs=CANDIDATES if logprobs else 0,
        stop=style.stop,
        extra=style.extra,
    )
