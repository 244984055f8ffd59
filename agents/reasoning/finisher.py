"""The finisher: the teacher goes on from what the student began (DASD's mixed policy)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.decoding.asking import behind
from agents.endpoint_rotation import whose_turn
from agents.gather_usable import Gathered, gather_usable
from agents.reasoning.reasoner import TeacherResponse, TeacherResponses, ask
from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.teacher.client import Answer, LLMClient
from evokd.teacher.reply import Reply
from evokd.teacher.request import Prompt, Request


@dataclass(frozen=True, slots=True)
class Beginning:
    """An answer that the student began."""

    id: str
    """Of the question."""
    question: str
    """Its text."""
    text: str
    """The student's part."""


async def finish(
    client: LLMClient,
    prompts: ReasoningPrompts,
    begun: Sequence[Beginning],
    *,
    temperature: float,
    first: int = 0,
) -> TeacherResponses:
    """The finished answers, whole: the student's part, then the teacher's.

    Args:
        client: Of the role `finisher`.
        prompts: How the finisher is asked.
        begun: What was begun.
        temperature: Of sampling.
        first: Number of the first one among all, for the turns of several endpoints.
    """
    style = prompts.style
    voters = [whose_turn(first + at, len(client.directives)) for at in range(len(begun))]
    requests = [
        Request(
            role="finisher",
            call_key=f"{one.id}-f",
            prompt=prompts.to_finisher(one.question, one.text, client.directives[voter]),
            voter=voter,
            temperature=temperature,
            top_p=style.top_p,
            max_tokens=style.max_tokens,
            stop=style.stop,
            extra=style.extra,
            keeps_thinking=True,
        )
        for one, voter in zip(begun, voters, strict=True)
    ]
    found: Gathered[Answer[Reply]] = await gather_usable(
        [ask(client, request) for request in requests]
    )
    given = tuple(
        TeacherResponse(
            id=request.call_key,
            question=one.id,
            voter=voter,
            reply=_joined(one.text, request.prompt, answer.value) if answer else None,
            call=answer.call if answer else None,
            reason=why,
        )
        for one, voter, request, answer, why in zip(
            begun, voters, requests, found.values, found.reasons, strict=True
        )
    )
    return TeacherResponses(given, found.stopped)


def _joined(begun: str, prompt: Prompt, reply: Reply) -> Reply:
    """The whole answer; no log-probabilities, for the teacher has none of the student's part."""
    last = prompt.messages[-1]  # the student's part as it was sent: without control characters
    rest = behind(last.content if last.role == "assistant" else begun, reply.text)
    repeated = len(rest) < len(reply.text)
    apart = not repeated and begun[-1:].isalnum() and rest[:1].isalnum()  # it was cut behind a word
    return Reply(f"{begun}{' ' if apart else ''}{rest}", reply.finish_reason, reply.usage)
