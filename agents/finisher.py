"""The finisher: the teacher goes on from what the student began (DASD's mixed policy)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.committee import member
from agents.harvest import Harvest, harvest
from agents.reasoner import Response, Responses, ask
from agents.wording import Wording
from evokd.teacher.desk import Answer, Desk
from evokd.teacher.reply import Reply
from evokd.teacher.request import Prompt, Request


@dataclass(frozen=True, slots=True)
class Begun:
    """An answer that the student began."""

    id: str
    """Of the question."""
    question: str
    """Its text."""
    text: str
    """The student's part."""


async def finish(
    desk: Desk, wording: Wording, orders: Sequence[Begun], *, temperature: float, first: int = 0
) -> Responses:
    """The finished answers, whole: the student's part, then the teacher's.

    Args:
        desk: Of the role `finisher`.
        wording: How the finisher is asked.
        orders: What was begun.
        temperature: Of sampling.
        first: Number of the first order among all, for the turns of several endpoints.
    """
    style = wording.style
    voters = [member(first + at, len(desk.directives)) for at in range(len(orders))]
    requests = [
        Request(
            role="finisher",
            slot=f"{one.id}-f",
            prompt=wording.to_finisher(one.question, one.text, desk.directives[voter]),
            voter=voter,
            temperature=temperature,
            top_p=style.top_p,
            max_tokens=style.max_tokens,
            stop=style.stop,
            extra=style.extra,
        )
        for one, voter in zip(orders, voters, strict=True)
    ]
    found: Harvest[Answer[Reply]] = await harvest([ask(desk, request) for request in requests])
    given = tuple(
        Response(
            id=request.slot,
            question=one.id,
            voter=voter,
            reply=_joined(one.text, request.prompt, answer.value) if answer else None,
            call=answer.call if answer else None,
            reason=why,
        )
        for one, voter, request, answer, why in zip(
            orders, voters, requests, found.values, found.reasons, strict=True
        )
    )
    return Responses(given, found.stopped)


def _joined(begun: str, prompt: Prompt, reply: Reply) -> Reply:
    """The whole answer; no log-probabilities, for the teacher has none of the student's part."""
    last = prompt.messages[-1]  # the student's part as it was sent: without control characters
    rest = behind(last.content if last.role == "assistant" else begun, reply.text)
    repeated = len(rest) < len(reply.text)
    apart = not repeated and begun[-1:].isalnum() and rest[:1].isalnum()  # it was cut behind a word
    return Reply(f"{begun}{' ' if apart else ''}{rest}", reply.finish_reason, reply.usage)


def behind(prefix: str, text: str) -> str:
    """What a reply adds to the beginning it was given; llama.cpp repeats the beginning."""
    for known in (prefix, prefix.strip()):
        if known and text.startswith(known):
            return text[len(known) :]
    return text
