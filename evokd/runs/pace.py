"""How far a run has come: rounds and time to expect, from the rounds that it has closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evokd.config import BudgetConfig
from evokd.ledger.call import Amounts


@dataclass(frozen=True, slots=True)
class Milestone:
    """The end of a round; 0 is the warm-up."""

    round: int
    spent: Amounts
    """Billed from the beginning of the run."""
    seconds: float
    """Of the run, earlier processes included."""


def rounds_expected(
    closed: Sequence[Milestone], budget: BudgetConfig, rounds: int | None
) -> int | None:
    """How many rounds there will be; None while nothing tells.

    Each limit carries as many more as its rest pays for at the mean of the rounds so far; the
    tightest counts. Without a closed round only `rounds` is known.

    Args:
        closed: Rounds in order.
        budget: Of the run.
        rounds: `loop.rounds`.
    """
    found = [] if rounds is None else [rounds]
    if len(closed) >= 2:
        first, last = closed[0], closed[-1]
        through = last.round - first.round
        amounts = [*zip(Amounts._fields, first.spent, last.spent, strict=True)]
        for name, begun, spent in [*amounts, ("seconds", first.seconds, last.seconds)]:
            limit, each = getattr(budget, name), (spent - begun) / through
            if limit is not None and each > 0:
                found.append(last.round + max(0, round((limit - spent) / each)))
    return min(found, default=None)


def seconds_left(
    closed: Sequence[Milestone], expected: int | None, elapsed: float, limit: float | None
) -> float | None:
    """Time to go at the mean pace of the rounds so far; None while nothing tells.

    Args:
        closed: Rounds in order.
        expected: How many there will be.
        elapsed: Seconds of the run until now.
        limit: `budget.seconds`.
    """
    found = [] if limit is None else [limit - elapsed]
    if len(closed) >= 2 and expected is not None:
        first, last = closed[0], closed[-1]
        each = (last.seconds - first.seconds) / (last.round - first.round)
        found.append(last.seconds + each * (expected - last.round) - elapsed)
    return max(0.0, min(found)) if found else None
