"""A run that goes on: which nodes work, what is in flight, how far its budgets are, what is left.

Read from the trace and the ledger as any process finds them; nothing is asked of the run itself.
Rows that a killed process left open are older than the last `begun` event, and don't count.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from evokd.config import BudgetConfig
from evokd.ledger import attempts
from evokd.ledger.call import Amounts
from evokd.ledger.totals import spent_by_agent, sums
from evokd.runs.files import Unreadable, reading
from evokd.runs.formatting import count, several, span
from evokd.runs.pace import Milestone, rounds_expected, seconds_left
from evokd.runs.run import Run, mapping, number
from evokd.runs.totals import LedgerTotals
from evokd.runs.trace import TracedEvent, told

LIMITS = ("tokens", "usd", "calls", "seconds")
SOON_S, SOON_SHARE = 10.0, 0.02
"""So long, and so much of a budget, before a pace says anything."""


@dataclass(frozen=True, slots=True)
class NodeAtWork:
    """A node that works."""

    node: str
    source: str
    """Who woke it; empty where only its calls tell of it."""
    since: str
    """When its oldest open execution began (ISO 8601, UTC)."""
    executions: int
    calls: int
    """Of its calls, those in flight."""


@dataclass(frozen=True, slots=True)
class BudgetBar:
    """How far a limit is."""

    limit: str
    agent: str
    """Empty for the run's own."""
    used: float
    reserved: float
    """What requests in flight may still cost, beside what is used."""
    allowed: float

    @property
    def share(self) -> float:
        """Of what is allowed, used or reserved, in [0, 1]."""
        return min(1.0, (self.used + self.reserved) / self.allowed) if self.allowed else 1.0


@dataclass(frozen=True, slots=True)
class AtWork:
    """What is known of a run that goes on."""

    round: int
    nodes: tuple[NodeAtWork, ...]
    calls: tuple[dict[str, Any], ...]
    """Rows of the ledger that are open, the oldest first."""
    budgets: tuple[BudgetBar, ...]
    left_s: float | None
    """Seconds to go, estimated; None while nothing tells."""
    basis: str
    """What the estimate rests on, or why there is none."""


def read_at_work(run: Run, books: LedgerTotals | None, now: datetime | None = None) -> AtWork:
    """What a run does now; what can't be read is left out.

    Args:
        run: That goes on.
        books: Its edges.
        now: The time; None: that of the clock.
    """
    moment = now or datetime.now(UTC)
    latest, begun = 0, ""
    nodes: list[NodeAtWork] = []
    scored: list[TracedEvent] = []
    try:
        with reading(run.path, "events.sqlite") as db:
            begun_at, begun = _begun(db)
            latest, nodes = _nodes(db, begun_at)
            scored = list(told(db, "type = 'scored' AND seq > ?", (begun_at,)))
    except Unreadable:
        pass
    calls: list[dict[str, Any]] = []
    by_round: list[dict[str, Any]] = []
    agents: dict[str, Amounts] = {}
    budget = mapping(run.config.get("budget"))
    try:
        with reading(run.path, "ledger.sqlite") as db:
            calls = attempts.open_calls(db, begun)
            if budget.get("usd") or budget.get("calls"):
                by_round = sums(db, "round")
            if mapping(budget.get("per_agent")):
                agents = spent_by_agent(db)
    except Unreadable:
        pass
    nodes = _with_calls(nodes, calls)
    elapsed = _elapsed(run, begun, moment)
    bars = _bars(budget, books, calls, agents, elapsed)
    left, basis = _left(run, _milestones(run, scored, by_round, begun), bars, elapsed)
    rounds = [latest, *(int(call["round"]) for call in calls)]
    return AtWork(max(rounds), tuple(nodes), tuple(calls), tuple(bars), left, basis)


def _begun(db: sqlite3.Connection) -> tuple[int, str]:
    """Number and time of the event with which the last process began."""
    events = list(told(db, "type = 'begun'"))
    return (events[-1].seq, events[-1].text("at")) if events else (0, "")


def _nodes(db: sqlite3.Connection, after: int) -> tuple[int, list[NodeAtWork]]:
    """The latest round that a node began in, and the nodes that have not ended in it."""
    query = "SELECT MAX(round) FROM events WHERE type = 'node_started'"
    latest = db.execute(query).fetchone()[0]
    if latest is None:
        return 0, []
    where = "type IN ('node_started', 'node_ended') AND round = ? AND seq > ?"
    still: dict[tuple[str, str], TracedEvent] = {}
    for event in told(db, where, (latest, after)):
        key = event.node, event.text("task")
        if event.type == "node_started":
            still[key] = event
        else:
            still.pop(key, None)
    found: dict[str, list[TracedEvent]] = {}
    for event in still.values():
        found.setdefault(event.node, []).append(event)
    return int(latest), [
        NodeAtWork(node, some[0].text("source"), some[0].text("at"), len(some), 0)
        for node, some in found.items()
    ]


def _with_calls(nodes: Sequence[NodeAtWork], calls: Sequence[dict[str, Any]]) -> list[NodeAtWork]:
    """The nodes with their calls in flight; those that only their calls tell of, too."""
    known = {node.node: node for node in nodes}
    by_node: dict[str, list[dict[str, Any]]] = {}
    for call in calls:
        by_node.setdefault(call["target"], []).append(call)
    for name, some in by_node.items():
        one = known.get(name) or NodeAtWork(name, some[0]["source"], some[0]["opened_at"], 1, 0)
        known[name] = NodeAtWork(one.node, one.source, one.since, one.executions, len(some))
    return list(known.values())


def _elapsed(run: Run, begun: str, now: datetime) -> float:
    """Seconds of the run: of the processes before this one, and of this one."""
    before = number(run.info.get("elapsed_s")) or 0.0
    at = _time(begun) or _time(str(run.info.get("created_at")))
    return before + (max(0.0, (now - at).total_seconds()) if at else 0.0)


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _bars(
    budget: dict[str, Any],
    books: LedgerTotals | None,
    calls: Sequence[dict[str, Any]],
    agents: dict[str, Amounts],
    elapsed: float,
) -> list[BudgetBar]:
    """An open row is billed with its estimate; here that part stands as reserved."""
    spent = {
        "tokens": float(books.tokens("billed")) if books else 0.0,
        "usd": (books.usd if books else 0.0) or 0.0,
        "calls": float(books.calls) if books else 0.0,
        "seconds": elapsed,
    }
    found = [("", limit, spent[limit], number(budget.get(limit)), list(calls)) for limit in LIMITS]
    for agent, limits in mapping(budget.get("per_agent")).items():
        own = [call for call in calls if call["agent"] == agent]
        told_of = agents.get(agent, Amounts())
        for limit in LIMITS[:3]:
            allowed = number(mapping(limits).get(limit))
            found.append((agent, limit, float(getattr(told_of, limit)), allowed, own))
    bars = []
    for agent, limit, used, allowed, own in found:
        if allowed:
            held = min(used, _held(limit, own))
            bars.append(BudgetBar(limit, agent, used - held, held, allowed))
    return bars


def _held(limit: str, calls: Sequence[dict[str, Any]]) -> float:
    if limit == "seconds":
        return 0.0
    if limit == "calls":
        return float(len(calls))
    if limit == "usd":
        return sum(call["usd"] or 0.0 for call in calls)
    return float(sum(call["prompt_tokens"] + call["completion_tokens"] for call in calls))


def _milestones(
    run: Run, scored: Sequence[TracedEvent], by_round: Sequence[dict[str, Any]], begun: str
) -> list[Milestone]:
    """The rounds that this process closed, as the run's own display takes them."""
    start = _time(begun)
    before = number(run.info.get("elapsed_s")) or 0.0
    rows = sorted(by_round, key=lambda row: row["round"])
    usd = dict(
        zip((r["round"] for r in rows), accumulate(r["usd"] or 0.0 for r in rows), strict=True)
    )
    many = dict(zip((r["round"] for r in rows), accumulate(r["calls"] for r in rows), strict=True))
    found = []
    for event in scored:
        at, tokens = _time(event.text("at")), number(event.body.get("billed_tokens"))
        if start is None or at is None or tokens is None:
            continue
        spent = Amounts(int(tokens), usd.get(event.round, 0.0), many.get(event.round, 0))
        found.append(Milestone(event.round, spent, before + (at - start).total_seconds()))
    return found


def _left(
    run: Run, closed: Sequence[Milestone], bars: Sequence[BudgetBar], elapsed: float
) -> tuple[float | None, str]:
    own = {bar.limit: bar for bar in bars if not bar.agent}
    allowed = {limit: bar.allowed for limit, bar in own.items()}
    tokens, calls = allowed.get("tokens"), allowed.get("calls")
    limits = BudgetConfig.model_construct(
        tokens=None if tokens is None else int(tokens),
        usd=allowed.get("usd"),
        calls=None if calls is None else int(calls),
        seconds=allowed.get("seconds"),
    )
    rounds = number(mapping(run.config.get("loop")).get("rounds"))
    expected = rounds_expected(closed, limits, None if rounds is None else int(rounds))
    left = seconds_left(closed, expected, elapsed, None)
    if left is not None and expected is not None:
        first, last = closed[0], closed[-1]
        each = (last.seconds - first.seconds) / (last.round - first.round)
        whence = "as the config says" if expected == rounds else "by the budget"
        done = several(last.round - first.round, "round")
        return _at_most(left, own), (
            f"{done} took {span(each)} each on average, and there are to be"
            f" {'' if expected == rounds else 'about '}{expected} {whence}"
        )
    for limit in ("tokens", "calls", "usd"):
        bar = own.get(limit)
        if bar and elapsed >= SOON_S and bar.used >= SOON_SHARE * bar.allowed:
            rest = max(0.0, bar.allowed - bar.used) * elapsed / bar.used
            said = f"{bar.used:,.4f} USD" if limit == "usd" else f"{count(bar.used)} {limit}"
            return _at_most(rest, own), f"{said} took {span(elapsed)}, and the budget lasts so long"
    if "seconds" in own:
        return max(0.0, own["seconds"].allowed - elapsed), "what the budget of time leaves"
    return None, "no estimate before the first round is closed"


def _at_most(left: float, own: dict[str, BudgetBar]) -> float:
    bar = own.get("seconds")
    return left if bar is None else min(left, max(0.0, bar.allowed - bar.used))
