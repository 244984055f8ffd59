"""Budgets: every request reserves what it may cost before it leaves.

A request that fits beside what is already spent, but not beside what is in flight, waits until
the requests in flight have settled for less than they reserved. One that cannot fit any more
raises `BudgetReached`, and the graph ends the run in order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from evokd.config import AgentBudget, BudgetConfig, Limit
from evokd.ledger.call import Amounts
from evokd.ledger.wakeup import Wakeup

LIMITS = cast(tuple[Limit, ...], (*Amounts._fields, "seconds"))
NOTHING = Amounts()
LOW = 0.8
"""Share of a limit from which on little is left."""


class BudgetReached(Exception):
    """No further request fits. `agent` is None when the whole run's limit was reached."""

    def __init__(self, limit: Limit, agent: str | None) -> None:
        whose = f"budget.per_agent.{agent}" if agent else "budget"
        super().__init__(f"{whose}.{limit} is reached")
        self.limit, self.agent = limit, agent


@dataclass(slots=True)
class _Tally:
    """Settled and reserved amounts of the run, or of one agent."""

    settled: Amounts = NOTHING
    held: Amounts = NOTHING


@dataclass(frozen=True, slots=True)
class Hold:
    """A reservation; settle it exactly once."""

    agent: str
    amounts: Amounts


class Budget:
    """The run's and the agents' limits against what is spent and in flight."""

    def __init__(
        self,
        limits: BudgetConfig,
        spent: Mapping[str, Amounts] | None = None,
        elapsed_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._started = clock() - elapsed_s
        self._run = _Tally()
        self._agents: dict[str, _Tally] = {}
        self._gate = Wakeup()
        self._aside, self._kept_from = 0, frozenset[str]()
        for agent, amounts in (spent or {}).items():
            for tally in self._tallies(agent):
                tally.settled = tally.settled.plus(amounts)

    @property
    def tokens(self) -> int:
        """Billed tokens so far."""
        return self._run.settled.tokens

    def set_aside(self, tokens: int, kept_from: Iterable[str]) -> None:
        """Keep so many of the run's tokens from some agents, so that others can end their work."""
        self._aside, self._kept_from = tokens, frozenset(kept_from)

    @property
    def in_flight(self) -> int:
        return self._run.held.calls

    @property
    def elapsed_s(self) -> float:
        """Seconds the run has taken, earlier processes included."""
        return self._clock() - self._started

    async def reserve(self, agent: str, most: Amounts) -> Hold:
        """Wait until the request fits.

        Raises:
            BudgetReached: it can't fit any more, whatever the requests in flight come to.
        """
        hold = Hold(agent, most)
        while self._too_much(hold):
            await self._gate.wait()
        for tally in self._tallies(agent):
            tally.held = tally.held.plus(most)
        return hold

    def take_up(self, agent: str, most: Amounts) -> Hold:
        """A reservation of an earlier process, which counts as spent until its answer is here."""
        for tally in self._tallies(agent):
            tally.settled = tally.settled.minus(most)
            tally.held = tally.held.plus(most)
        return Hold(agent, most)

    def settle(self, hold: Hold, amounts: Amounts) -> None:
        """Replace a reservation by what the request came to (0 calls when it never left)."""
        for tally in self._tallies(hold.agent):
            left = tally.held.minus(hold.amounts)
            # what rounding left of the USD would make a request wait forever
            tally.held = left if left.calls else NOTHING
            tally.settled = tally.settled.plus(amounts)
        self._gate.wake()

    def standing(self, limit: Limit, agent: str | None) -> tuple[float, float]:
        """What is settled and what is allowed; no limit is infinite."""
        allowed: float | None
        if limit == "seconds":
            spent, allowed = self.elapsed_s, self.limits.seconds
        else:
            own = {str(role): limits for role, limits in self.limits.per_agent.items()}
            limits = self.limits if agent is None else own.get(agent)
            tally = self._run if agent is None else self._agents.get(agent, _Tally())
            spent, allowed = getattr(tally.settled, limit), getattr(limits, limit, None)
        return spent, math.inf if allowed is None else allowed

    def low(self, agent: str) -> list[tuple[Limit, str | None]]:
        """The limits of the run and of this agent of which little is left."""
        whose = [None, agent] if agent in self.limits.per_agent else [None]
        found: list[tuple[Limit, str | None]] = []
        for one in whose:
            for limit in LIMITS if one is None else LIMITS[:-1]:
                spent, allowed = self.standing(limit, one)
                if spent >= LOW * allowed:
                    found.append((limit, one))
        return found

    def _tallies(self, agent: str) -> tuple[_Tally, _Tally]:
        return self._run, self._agents.setdefault(agent, _Tally())

    def _too_much(self, hold: Hold) -> bool:
        """True: wait for those in flight. Raises when waiting can't help."""
        if self.limits.seconds is not None and self.elapsed_s >= self.limits.seconds:
            raise BudgetReached("seconds", None)
        run, own = self._tallies(hold.agent)
        aside = self._aside if hold.agent in self._kept_from else 0
        wait = _exceeds(run, self.limits, hold, None, aside)
        for role, limits in self.limits.per_agent.items():
            if role == hold.agent:
                wait = _exceeds(own, limits, hold, role) or wait
        return wait


def _exceeds(
    tally: _Tally,
    limits: BudgetConfig | AgentBudget,
    hold: Hold,
    agent: str | None,
    aside: int = 0,
) -> bool:
    wait = False
    for name, need in hold.amounts._asdict().items():
        limit = getattr(limits, name)
        if limit is None:
            continue
        limit -= aside if name == "tokens" else 0
        settled = getattr(tally.settled, name)
        if settled + need > limit:
            raise BudgetReached(cast(Limit, name), agent)
        wait = wait or settled + getattr(tally.held, name) + need > limit
    return wait
