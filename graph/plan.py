"""What a run will ask and pay for, estimated before anything is spent.

The agents themselves build the requests: they ask at a desk that notes each request and answers
it with a plausible reply, made of the seed shots. So templates, batching, switches, voters and
limits are the real ones, and what is guessed is only what can't be known: what models will write.
No server is started or contacted. `evokd plan CONFIG.yaml` prints it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.analyst import analyse
from agents.brief import Brief
from agents.critic import criticise
from agents.generator import Order, write
from agents.labeler import label
from agents.records import Candidate, Draft, Kind, Marked
from evokd.config import Config, Endpoint, Role
from evokd.tasks.example import Example
from evokd.teacher.desk import Answer, Parse, Repair, T
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from evokd.teacher.scripted import scripted_reply
from evokd.teacher.tokens import count, count_messages
from graph.feedback import shown
from prompts.pack import Pack

UNSURE = 4
"""Seed rows shown as uncertain in round 1, as in `graph.nodes.warm_up`."""
ASSUMED_WRONG = 2
"""From round 2 on, one accepted row in so many is taken to be a student error."""
SENTENCE = "Short texts that praise one thing and blame another are taken for the wrong class."
REASON = "natural, and the class is right"


@dataclass(frozen=True, slots=True)
class Ask:
    """One expected request."""

    agent: Role
    model: str
    prompt_tokens: int
    completion_tokens: int
    """As a plausible reply has."""
    max_completion_tokens: int
    """The request's limit: what it can cost at most."""
    usd: float | None
    """Of the expected tokens; None where the endpoint has no price."""
    max_usd: float | None


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
    """The field that ends the run."""

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
    first = asyncio.run(_round(config, brief, pack, 1, _first_feedback(brief.seeds)))
    written = _batch(_plain(brief.seeds, pack), config)
    later = asyncio.run(_round(config, brief, pack, 2, _later_feedback(written, brief.labels)))
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


class _NotingDesk:
    """A desk that spends nothing: it notes what is asked, and answers what could be answered."""

    def __init__(self, endpoints: Sequence[Endpoint], texts: Sequence[str]) -> None:
        self._endpoints = endpoints
        self._texts = itertools.cycle(texts)
        self.asks: list[Ask] = []

    @property
    def directives(self) -> tuple[str | None, ...]:
        return tuple(endpoint.directive for endpoint in self._endpoints)

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]:
        """See `evokd.teacher.desk.Desk`."""
        endpoint = self._endpoints[request.voter]
        reply = plausible(request, self._texts)
        limit = endpoint.max_tokens or request.max_tokens
        prompt = count_messages(request.prompt.messages)
        completion = 1 if request.top_logprobs else min(count(reply.text), limit)
        price = endpoint.price
        usd = max_usd = None
        if price is not None:
            usd = (prompt * price.prompt + completion * price.completion) / 1e6
            max_usd = (prompt * price.prompt + limit * price.completion) / 1e6
        self.asks.append(Ask(request.role, endpoint.title, prompt, completion, limit, usd, max_usd))
        return Answer(parse(reply), "plan")


def plausible(request: Request, texts: itertools.cycle[str]) -> Reply:
    """A usable reply of the usual length; texts come from the seed shots in turn."""
    if request.top_logprobs:
        return scripted_reply(request, 0)
    if request.schema is not None:
        filled = _filled(request.schema, "", texts)
        return Reply(json.dumps(filled, ensure_ascii=False), "stop", None)
    if request.role in ("easy_generator", "hard_generator"):
        return Reply(next(texts), "stop", None)
    if request.role == "labeler":
        return Reply(request.choices[0], "stop", None)
    return Reply(" ".join([SENTENCE] * 3), "stop", None)


def _filled(schema: Mapping[str, Any], name: str, texts: itertools.cycle[str]) -> Any:
    """An instance of a JSON schema."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {key: _filled(sub, key, texts) for key, sub in schema["properties"].items()}
    if kind == "array":
        return [_filled(schema["items"], name, texts) for _ in range(schema.get("minItems", 2))]
    if kind == "integer":
        return 1
    if name in ("text", "texts"):
        return next(texts)
    return REASON if name == "reason" else SENTENCE


async def _round(
    config: Config, brief: Brief, pack: Pack, number: int, feedback: Sequence[Marked]
) -> RoundPlan:
    """All requests of a round in which every reply is usable and every row accepted."""
    on = config.loop.switches
    texts = _plain(brief.seeds, pack)
    asks: list[Ask] = []

    def desk(role: Role) -> _NotingDesk:
        made = _NotingDesk(config.teachers.of(role), texts)
        made.asks = asks
        return made

    rows = shown(feedback, config.loop, random.Random(config.seed))
    analysis = await analyse(desk("analyst"), pack, brief, rows) if on.analysis else None
    drafts: list[Draft] = []
    kinds: tuple[Kind, ...] = ("easy", "hard") if on.easy else ("hard",)
    for kind in kinds:
        order = Order(
            kind=kind,
            round=number,
            wave=0,
            turns=config.loop.calls_per_round,
            per_turn=config.loop.n_easy if kind == "easy" else config.loop.n_hard,
            analysis=analysis,
            examples=() if on.analysis else tuple(row for row in rows if row.mark != "right"),
            with_label=not on.separate_labels,
        )
        written = (await write(desk(order.role), pack, brief, order)).drafts
        if on.separate_labels:
            for voter in range(len(config.teachers.of("labeler"))):
                await label(desk("labeler"), pack, brief, written, voter)
        drafts += written
    if on.critic:
        candidates = [Candidate(draft, brief.labels[0], None, 1.0, ()) for draft in drafts]
        await criticise(desk("critic"), pack, brief, candidates)
    return RoundPlan(tuple(asks))


def _plain(seeds: Sequence[Example], pack: Pack) -> list[str]:
    """Seed texts that pass for written ones: with words, and no longer than a reply may be."""
    longest = pack.manifest.generator.max_tokens * 3  # characters; fewer than 4 make a token
    cut = [" ".join(row.text.split())[:longest] for row in seeds]
    return [text for text in cut if any(c.isalpha() for c in text)] or [SENTENCE]


def _batch(texts: Sequence[str], config: Config) -> list[str]:
    """Texts of one round, as long as the seed shots."""
    loop = config.loop
    rows = loop.calls_per_round * (loop.n_hard + (loop.n_easy if loop.switches.easy else 0))
    return list(itertools.islice(itertools.cycle(texts), rows))


def _first_feedback(seeds: Sequence[Example]) -> list[Marked]:
    return [
        Marked(row.id, row.text, row.label, row.label, 0.5, "uncertain" if i < UNSURE else "right")
        for i, row in enumerate(seeds)
    ]


def _later_feedback(texts: Sequence[str], labels: Sequence[str]) -> list[Marked]:
    return [
        Marked(
            f"row-{i}", text, labels[0], labels[1], 0.5, "right" if i % ASSUMED_WRONG else "wrong"
        )
        for i, text in enumerate(texts)
    ]


def _rounds(config: Config, first: RoundPlan, later: RoundPlan) -> tuple[int | None, str]:
    """Whole rounds until the first limit is reached, and the field that sets it."""
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
