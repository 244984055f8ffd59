"""Many calls side by side: keep what came back, whatever stopped the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from evokd.ledger.budget import BudgetReached
from evokd.teacher.faults import Unusable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gathered(Generic[T]):
    """Results in the order of the calls; None where a call gave nothing."""

    values: tuple[T | None, ...]
    reasons: tuple[str | None, ...]
    """Why a call gave nothing."""
    stopped: BudgetReached | None
    """Set when a budget stopped some of the calls."""


async def gather_usable(calls: Sequence[Awaitable[T]]) -> Gathered[T]:
    """Await all calls. A useless reply or a budget costs its own row only; the rest raises."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    values: list[T | None] = []
    reasons: list[str | None] = []
    stopped: BudgetReached | None = None
    for result in results:
        if isinstance(result, BudgetReached):
            stopped = stopped or result
            values.append(None)
            reasons.append("budget")
        elif isinstance(result, Unusable):
            values.append(None)
            reasons.append(f"unusable reply: {result}")
        elif isinstance(result, BaseException):
            raise result
        else:
            values.append(result)
            reasons.append(None)
    return Gathered(tuple(values), tuple(reasons), stopped)
