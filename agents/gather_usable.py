"""Many calls side by side: keep what came back, whatever stopped the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer, Asked, LLMClient, Repair
from evokd.teacher.faults import Unusable

T = TypeVar("T")

NOT_ASKED = "budget"
"""The reason of a call that a budget kept at home; the run says so by itself."""


@dataclass(frozen=True, slots=True)
class Gathered(Generic[T]):
    """Results in the order of the calls; None where a call gave nothing."""

    values: tuple[T | None, ...]
    reasons: tuple[str | None, ...]
    """Why a call gave nothing."""
    stopped: BudgetReached | None
    """Set when a budget stopped some of the calls."""

    @property
    def failures(self) -> tuple[str, ...]:
        """The reasons there are."""
        return tuple(reason for reason in self.reasons if reason)


async def gather_usable(calls: Sequence[Awaitable[T]]) -> Gathered[T]:
    """Await all calls. A useless reply or a budget costs its own row only; the rest raises."""
    return _sorted(await asyncio.gather(*calls, return_exceptions=True))


async def gather_completions(
    client: LLMClient, asked: Sequence[Asked[T]], repair: Repair | None, most: int
) -> Gathered[Answer[T]]:
    """Ask all questions, those with one and the same prompt in one request for several completions.

    Args:
        client: Whom to ask.
        asked: The questions, in any order.
        repair: See `LLMClient`.
        most: Completions of one request; 1: every question is a call of its own.
    """
    if most == 1:
        return await gather_usable([client.ask(one.request, one.parse, repair) for one in asked])
    groups = _same_prompt(asked, most)
    calls = [client.ask_same([asked[at] for at in group], repair) for group in groups]
    found: dict[int, Answer[T] | BaseException] = {}
    every = await asyncio.gather(*calls, return_exceptions=True)
    for group, came in zip(groups, every, strict=True):
        answers = [came] * len(group) if isinstance(came, BaseException) else came
        found.update(zip(group, answers, strict=True))
    return _sorted([found[at] for at in range(len(asked))])


def _same_prompt(asked: Sequence[Asked[T]], most: int) -> list[list[int]]:
    """Places of the questions that one request can ask, in the order of the first of each."""
    same: dict[Hashable, list[int]] = {}
    for place, one in enumerate(asked):
        key = (one.request.voter, one.request.max_tokens, one.request.prompt.messages)
        same.setdefault(key, []).append(place)
    groups = [many[at : at + most] for many in same.values() for at in range(0, len(many), most)]
    return sorted(groups)


def _sorted(results: Sequence[T | BaseException]) -> Gathered[T]:
    values: list[T | None] = []
    reasons: list[str | None] = []
    stopped: BudgetReached | None = None
    for result in results:
        if isinstance(result, BudgetReached):
            stopped = stopped or result
            values.append(None)
            reasons.append(NOT_ASKED)
        elif isinstance(result, Unusable):
            values.append(None)
            reasons.append(f"unusable reply: {result}")
        elif isinstance(result, BaseException):
            raise result
        else:
            values.append(result)
            reasons.append(None)
    return Gathered(tuple(values), tuple(reasons), stopped)
