"""What a run will ask and pay for, estimated before anything is spent.

The agents themselves build the requests: they ask at a desk that notes each request and answers
it with a plausible reply, made of the seed shots. So templates, batching, switches, voters and
limits are the real ones, and what is guessed is only what can't be known: what models will write.
No server is started or contacted. `evokd plan CONFIG.yaml` prints it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from agents.brief import Brief
from agents.records import Marked
from evokd.baselines.plans import PLANS
from evokd.config import Config, Role
from evokd.tasks.example import Example
from graph.pace import texts_per_turn
from graph.rehearsal import ASSUMED_WRONG, Ask, plain_texts, rehearse
from prompts.pack import Pack

UNSURE = 4
"""Seed rows shown as uncertain in round 1, as in `graph.nodes.warm_up`."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Expected requests, added up."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    max_completion_tokens: int
    usd: float | None
    """None where any of the requests has no price: an unknown cost is not 0."""
    max_usd: float | None

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def times(self, n: int) -> Sums:
        """N rounds of this."""
        return Sums(
            self.calls * n,
            self.prompt_tokens * n,
            self.completion_tokens * n,
            self.max_completion_tokens * n,
            None if self.usd is None else self.usd * n,
            None if self.max_usd is None else self.max_usd * n,
        )

    def plus(self, other: Sums) -> Sums:
        """Both."""
        return Sums(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.max_completion_tokens + other.max_completion_tokens,
            _both(self.usd, other.usd),
            _both(self.max_usd, other.max_usd),
        )


NOTHING = Sums(0, 0, 0, 0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """One round's requests."""

    asks: tuple[Ask, ...]

    @property
    def total(self) -> Sums:
        return add_up(self.asks)

    def by_agent(self) -> dict[tuple[Role, str], Sums]:
        """Sums by agent and model, in the order of the work."""
        keys = dict.fromkeys((ask.agent, ask.model) for ask in self.asks)
        return {key: add_up([a for a in self.asks if (a.agent, a.model) == key]) for key in keys}


@dataclass(frozen=True, slots=True)
class Plan:
    """The estimate of a run."""

    first: RoundPlan
    """Round 1, with the seed shots as feedback."""
    later: RoundPlan
    """Each round from 2 on, with the batch before it as feedback."""
    rounds: int | None
    """Whole rounds expected; None where only time ends the run."""
    ends_by: str
    """The field that ends the run; `method` where the method itself has nothing left to do."""

    @property
    def total(self) -> Sums | None:
        """Of the whole rounds; a budget's last, partial round comes on top, within the budget."""
        if self.rounds is None:
            return None
        if self.rounds == 0:
            return NOTHING
        return self.first.total.plus(self.later.total.times(self.rounds - 1))


def make_plan(config: Config, brief: Brief, pack: Pack) -> Plan:
    """Estimate a run of the config; `brief` holds its seed shots."""
    start = brief.at(config.task, 1)
    first = RoundPlan(asyncio.run(rehearse(config, start, pack, 1, _first_feedback(start.seeds))))
    written = _batch(plain_texts(brief.seeds, pack, config.task.kind), config)
    later = RoundPlan(
        asyncio.run(rehearse(config, brief, pack, 2, _later_feedback(written, brief.seeds)))
    )
    rounds, ends_by = _rounds(config, first, later)
    return Plan(first, later, rounds, ends_by)


def add_up(asks: Sequence[Ask]) -> Sums:
    """The sum of some requests."""
    total = NOTHING
    for ask in asks:
        one = Sums(
            1,
            ask.prompt_tokens,
            ask.completion_tokens,
            ask.max_completion_tokens,
            ask.usd,
            ask.max_usd,
        )
        total = total.plus(one)
    return total


def _both(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _first_feedback(seeds: Sequence[Example]) -> list[Marked]:
    return [
        Marked(row.id, row.text, row.label, row.label, 0.5, "uncertain" if i < UNSURE else "right")
        for i, row in enumerate(seeds)
    ]


def _later_feedback(texts: Sequence[str], seeds: Sequence[Example]) -> list[Marked]:
    """Rows with the answers of the seed shots in turn; one in `ASSUMED_WRONG` got the next's."""
    answers = list(dict.fromkeys(row.label for row in seeds))
    rows = []
    for i, text in enumerate(texts):
        gold, other = (answers[(i + step) % len(answers)] for step in (0, 1))
        if i % ASSUMED_WRONG:
            rows.append(Marked(f"row-{i}", text, gold, gold, 0.5, "right"))
        else:
            rows.append(Marked(f"row-{i}", text, gold, other, 0.5, "wrong"))
    return rows


def _batch(texts: Sequence[str], config: Config) -> list[str]:
    """Texts of one round, as long as the seed shots."""
    rows = config.loop.calls_per_round * texts_per_turn(config.loop)
    return list(itertools.islice(itertools.cycle(texts), rows))


def _rounds(config: Config, first: RoundPlan, later: RoundPlan) -> tuple[int | None, str]:
    """Whole rounds until the first limit is reached, and the field that sets it."""
    method = PLANS.get(config.method)
    if method is not None and (method.source in (None, "augmenter") or method.once):
        return (1 if method.once else 0), "method"
    budget, one, more = config.budget, first.total, later.total
    limits: list[tuple[int, str]] = []
    if config.loop.rounds is not None:
        limits.append((config.loop.rounds, "loop.rounds"))
    for name, limit, start, step in (
        ("tokens", budget.tokens, one.tokens, more.tokens),
        ("calls", budget.calls, one.calls, more.calls),
        ("usd", budget.usd, one.usd, more.usd),
    ):
        if limit is not None and start is not None and step:
            fits = 0 if start > limit else 1 + int((limit - start) / step)
            limits.append((fits, f"budget.{name}"))
    return min(limits, default=(None, "budget.seconds"), key=lambda item: item[0])
