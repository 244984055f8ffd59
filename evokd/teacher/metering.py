"""What all clients of a run share: the books, the budget, the trace, and what was learnt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from evokd.config import ROLES, BudgetConfig, Endpoint, Limit, Role
from evokd.ledger.budget import Budget
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.store.events import Budgeted, Event
from evokd.teacher.trial import Trial


@dataclass(slots=True)
class Metering:
    """What all clients of a run share."""

    ledger: Ledger
    budget: Budget
    emit: Callable[[Event], None]
    seed: int
    repair_turns: int = 1
    backoff_s: float = 0.5
    """First wait after a fault without Retry-After; doubles up to 30 s, plus jitter."""
    in_flight: set[asyncio.Task[object]] = field(default_factory=set)
    told: set[tuple[Limit, str | None, bool]] = field(default_factory=set)
    """Limits that the trace has been told of: near, or reached."""
    without_n: set[Endpoint] = field(default_factory=set)
    """Endpoints that give one completion, however many are asked for."""
    limits: BudgetConfig | None = None
    """What prompts must bear; None: the limits of `budget`."""
    cuts: dict[Role, str] = field(default_factory=dict)
    """Roles whose texts are cut in prompts, and what the trace was told of it."""
    hopeful: bool = False
    """A role may go on for ever without a usable reply; for dry runs."""
    trials: dict[Role, Trial] = field(default_factory=dict)
    """Of the roles that were asked in this process."""

    def trial(self, role: Role) -> Trial:
        """Whether the role is of any use, as far as it is known."""
        if role not in self.trials:
            passed = self.hopeful or not ROLES[role].needed or self.ledger.has_usable(role)
            self.trials[role] = Trial(role, passed=passed)
        return self.trials[role]

    async def drain(self) -> None:
        """Let the calls in flight end and close their rows; call it after every run."""
        while self.in_flight:
            await asyncio.gather(*self.in_flight, return_exceptions=True)

    def tell_budget(self, edge: Edge, limit: Limit, agent: str | None, reached: bool) -> None:
        """Tell the trace, once a process, that little of a limit is left, or nothing."""
        if (limit, agent, reached) in self.told:
            return
        self.told.add((limit, agent, reached))
        spent, allowed = self.budget.standing(limit, agent)
        self.emit(
            Budgeted(
                round=edge.round,
                node=edge.target,
                limit=limit,
                agent=agent,
                spent=round(spent, 6),
                allowed=allowed,
                reached=reached,
            )
        )

    def give_up(self) -> None:
        """Wait for no answer any more; the rows are closed as cancelled, with an estimate."""
        for call in self.in_flight:
            call.cancel()
