"""Several completions of one prompt in one request (`n`), and one by one where that fails.

Servers that know `n` bill the prompt once. One that doesn't gives a single completion, or refuses;
that is noticed at the first reply, and the rest is asked as it would have been without `n`: under
the same keys, so with the same seeds and the same place in the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer, Asked, Came, Parse, Repair, T
from evokd.teacher.empty_reply import parsed
from evokd.teacher.faults import Refused, Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request

REFUSES = frozenset({400, 422})
"""What servers say to a parameter that they don't know."""


class Asker(Protocol):
    """What is needed of the metered client."""

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]: ...
    def takes_n(self, requests: Sequence[Request]) -> bool:
        """Whether the endpoint may be asked for all of these at once."""
        ...

    def note_no_n(self, request: Request, reason: str) -> None:
        """Take note that the endpoint knows no `n`."""
        ...

    def note_dropped(self, request: Request, error: Unusable) -> None:
        """Take note of a completion that was no use, among others that were."""
        ...


def may_be_n(request: Request, error: Unusable) -> bool:
    """Whether a request was refused that asked for several completions: `n` may be the reason."""
    fault = error.__cause__
    return request.n > 1 and isinstance(fault, Refused) and fault.status in REFUSES


async def ask_same(
    client: Asker, asked: Sequence[Asked[T]], repair: Repair | None
) -> list[Came[T]]:
    """See `LLMClient.ask_same`; fewer at once where the budget carries no more."""
    came: list[Came[T]] = []
    size = len(asked)
    while len(came) < len(asked):
        rest = asked[len(came) :]
        some = rest[:size]
        if len(some) == 1 or not client.takes_n([one.request for one in some]):
            return came + await _one_by_one(client, rest, repair)
        try:
            came += await _together(client, some, repair)
        except BudgetReached:
            size = len(some) // 2
    return came


async def _one_by_one(
    client: Asker, asked: Sequence[Asked[T]], repair: Repair | None
) -> list[Came[T]]:
    calls = [client.ask(one.request, one.parse, repair) for one in asked]
    came: list[Came[T]] = []
    for one in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(one, BaseException) and not isinstance(one, (Unusable, BudgetReached)):
            raise one
        came.append(one)
    return came


async def _together(
    client: Asker, asked: Sequence[Asked[T]], repair: Repair | None
) -> list[Came[T]]:
    """Raises `BudgetReached` where nothing has left yet."""
    request = replace(asked[0].request, n=len(asked))
    seen = 0

    def parse(reply: Reply) -> list[T | Unusable]:
        nonlocal seen
        seen = len(reply.choices)
        return _read_all(reply, asked)

    try:
        answer = await client.ask(request, parse, repair)
        came = _told(client, request, answer)
    except BudgetReached as reached:
        if not seen:
            raise
        return [reached] * len(asked)
    except Unusable as error:
        if may_be_n(request, error):
            client.note_no_n(request, str(error))
            return await _one_by_one(client, asked, repair)
        came = [error] * (seen if seen == 1 else len(asked))
    if seen == 1:
        client.note_no_n(request, f"it gave one completion where {request.n} were asked for")
    if len(came) < len(asked):
        came += await _one_by_one(client, asked[len(came) :], repair)
    return came


def _read_all(reply: Reply, asked: Sequence[Asked[T]]) -> list[T | Unusable]:
    """Each completion by itself; raises `Unusable` where none is of use."""
    found: list[T | Unusable] = []
    for one, choice in zip(asked, reply.choices, strict=False):
        try:
            found.append(parsed(one.parse, choice))
        except Unusable as error:
            error.finish_reason = choice.finish_reason
            found.append(error)
        if choice is not reply:
            reply.mended.extend(choice.mended)
    wrong = [one for one in found if isinstance(one, Unusable)]
    if len(wrong) == len(found):
        raise wrong[0]
    return found


def _told(client: Asker, request: Request, answer: Answer[list[T | Unusable]]) -> list[Came[T]]:
    """The completions of a usable call; the trace is told of those that were dropped."""
    came: list[Came[T]] = []
    for value in answer.value:
        if isinstance(value, Unusable):
            value.call = answer.call
            client.note_dropped(request, value)
            came.append(value)
        else:
            came.append(Answer(value, answer.call))
    return came
