"""What the trace, and tracers, are told of a call."""

from __future__ import annotations

from collections.abc import Sequence

from evokd.config import Role
from evokd.ledger.call import CallEnd, CallStart
from evokd.ledger.edge import Edge
from evokd.store.events import Called, Mended, Misread, Replayed, Retried
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Mend, whole
from evokd.teacher.request import Request

KEPT_REASON = 64_000
"""Characters of what was wrong with a reply that the trace keeps."""


def called(
    edge: Edge,
    call: str,
    request: Request,
    start: CallStart,
    end: CallEnd,
    booked: tuple[int, int],
    seconds: float,
) -> Called:
    """An attempt that has ended; `booked`: its prompt and completion tokens."""
    prompt, completion = booked
    left = end.status != "unsent"
    return Called(
        round=edge.round,
        node=edge.target,
        call=call,
        agent=start.agent,
        source=edge.source,
        model=start.model,
        slot=start.call_key,
        attempt=start.attempt,
        status=end.status,
        template=start.template,
        template_sha=start.template_sha,
        messages=[(message.role, message.content) for message in request.prompt.messages],
        reply=end.text,
        error=end.error,
        prompt_tokens=prompt,
        completion_tokens=completion,
        seconds=round(seconds, 4),
        task=edge.task,
        prompt_sha=start.prompt_sha,
        estimated=left and (end.usage is None or end.counted is not None),
        usd=start.usd(prompt, completion, end.usage.cached if end.usage else 0),
        voter=start.voter,
        completions=request.n,
    )


def replayed(edge: Edge, role: Role, request: Request, call: str) -> Replayed:
    """An answer that came from the journal."""
    return Replayed(
        round=edge.round,
        node=edge.target,
        call=call,
        agent=role,
        source=edge.source,
        slot=request.call_key,
        task=edge.task,
    )


def retried(
    edge: Edge, call_key: str, attempt: int, wait_s: float, fault: BaseException | None
) -> Retried:
    """A request that will be sent again."""
    return Retried(
        round=edge.round,
        node=edge.target,
        attempt=attempt,
        wait_s=wait_s,
        reason=str(fault),
        slot=call_key,
        task=edge.task,
    )


def misread(edge: Edge, role: Role, request: Request, error: Unusable, *, repair: bool) -> Misread:
    """A reply, or one of its completions, that was no use."""
    return Misread(
        round=edge.round,
        node=edge.target,
        call=error.call,
        agent=role,
        slot=request.call_key,
        task=edge.task,
        reason=whole(str(error))[:KEPT_REASON],
        repair=repair,
        finish=error.finish_reason,
    )


def mended(edge: Edge, role: Role, request: Request, call: str, how: Sequence[Mend]) -> Mended:
    """A reply that could be read after something was put right."""
    return Mended(
        round=edge.round,
        node=edge.target,
        call=call,
        agent=role,
        slot=request.call_key,
        task=edge.task,
        how=list(how),
    )


def metadata(edge: Edge, call: str, start: CallStart) -> dict[str, str | int]:
    """What a tracer needs to find the call in the books, and the edge it is booked on."""
    return {
        "source": edge.source,
        "target": edge.target,
        "round": edge.round,
        "role": start.agent,
        "call_key": start.call_key,
        "attempt": start.attempt,
        "call": call,
    }
