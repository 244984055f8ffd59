"""A round in which the real agents ask at a desk that spends nothing.

Templates, batching, switches, voters and limits are the real ones; replies are plausible ones made
of the seed shots.
"""

from __future__ import annotations

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
from agents.records import Analysis, Candidate, Draft, Kind, Marked
from agents.translator import translate
from agents.writer import Commission, WritingRole, compose
from evokd.baselines import auggpt, llm2llm, progen, zerogen
from evokd.baselines.plans import PLANS, UNGUIDED
from evokd.config import Config, Endpoint, Role, TaskKind
from evokd.tasks.example import Example
from evokd.teacher.desk import Answer, Parse, Repair, T
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from evokd.teacher.scripted import scripted_reply
from evokd.teacher.tokens import count, count_messages
from graph.classes import listed
from graph.feedback import shown
from graph.pace import texts_per_turn
from graph.rehearsed_entities import Entities, answer, entities
from prompts.pack import Pack

SENTENCE = "Short texts that praise one thing and blame another are taken for the wrong class."
ASSUMED_WRONG = 2
"""One row in so many is taken to be a student error."""
REASON = "natural, and the class is right"

_WRITERS = ("easy_generator", "hard_generator", "writer", "paraphraser", "translator")


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


async def rehearse(
    config: Config, brief: Brief, pack: Pack, number: int, feedback: Sequence[Marked]
) -> tuple[Ask, ...]:
    """All requests of a round in which every reply is usable and every row accepted."""
    stage = _Stage(config, brief, pack, number)
    plan = PLANS.get(config.method)
    if plan is not None:
        if plan.source == "writer":
            await stage.compose("writer", _orders(config, brief, pack, number))
        elif plan.source == "paraphraser" and number == 1:
            await stage.compose("paraphraser", paraphrases(config, brief, pack))
        return tuple(stage.asks)
    if config.method == "evokd_init" and number == 1:
        await stage.compose("paraphraser", paraphrases(config, brief, pack))
    await stage.evokd(feedback)
    return tuple(stage.asks)


def paraphrases(config: Config, brief: Brief, pack: Pack) -> list[Commission]:
    """AugGPT's calls for the seed rows."""
    return auggpt.commissions(
        brief.seeds,
        paraphrases=config.rivals.auggpt_paraphrases,
        per_call=pack.manifest.generator.texts_per_call or config.loop.n_hard,
    )


def _orders(config: Config, brief: Brief, pack: Pack, number: int) -> list[Commission]:
    """A writer's calls; of LLM2LLM's seed rows one in `ASSUMED_WRONG` is taken to be wrong."""
    per_call = pack.manifest.generator.texts_per_call or config.loop.n_hard
    if config.method == "llm2llm":
        rows = config.rivals.llm2llm.rows_per_error
        return llm2llm.commissions(brief.seeds[::ASSUMED_WRONG], rows=rows, per_call=per_call)
    texts = config.loop.calls_per_round * texts_per_turn(config.loop)
    orders = zerogen.commissions(brief.ordered, texts=texts, per_call=per_call, round_number=number)
    settings = config.rivals.progen
    if config.method == "progen" and (number - 1) * texts >= settings.start_rows:
        helpful = [row for row in brief.seeds for _ in range(settings.shown)]
        rng = random.Random(config.seed)
        return progen.with_examples(
            orders, helpful, shown=settings.shown, share=settings.share, rng=rng
        )
    return orders


class _Stage:
    """One round's agents, and the desk that notes what they ask."""

    def __init__(self, config: Config, brief: Brief, pack: Pack, number: int) -> None:
        self.config, self.brief, self.pack, self.number = config, brief, pack, number
        self.asks: list[Ask] = []

    def desk(self, role: Role) -> _NotingDesk:
        texts = plain_texts(self.brief.seeds, self.pack, self.config.task.kind)
        named = entities(self.brief.seeds, texts) if self.config.task.kind == "ner" else {}
        return _NotingDesk(self.config.teachers.of(role), texts, self.asks, named)

    async def compose(self, role: WritingRole, orders: Sequence[Commission]) -> None:
        await compose(self.desk(role), self.pack, self.brief, role, self.number, orders)

    async def evokd(self, feedback: Sequence[Marked]) -> None:
        """Analyst, generators, labelers and critic, as the switches have them."""
        config, pack, brief, on = self.config, self.pack, self.brief, self.config.loop.switches
        rows = shown(feedback, config.loop, random.Random(config.seed))
        some = brief.listing(listed(config, brief, feedback, {}, self.number))
        analysis, examples = None, tuple(row for row in rows if row.mark != "right")
        if on.analysis and config.method not in UNGUIDED:
            labels = some.listed or some.labels
            report = dict.fromkeys(labels, 0.5) if config.loop.feedback.report else None
            analysis = await analyse(self.desk("analyst"), pack, some, rows, report)
        if on.analysis or config.method in UNGUIDED:
            examples = ()
        drafts: list[Draft] = []
        for kind in ("easy", "hard") if on.easy else ("hard",):
            drafts += await self._write(kind, some, analysis, examples)
        if on.critic:
            candidates = [Candidate(draft, brief.seeds[0].label, None, 1.0, ()) for draft in drafts]
            await criticise(self.desk("critic"), pack, brief, candidates)

    async def _write(
        self, kind: Kind, some: Brief, analysis: Analysis | None, examples: tuple[Marked, ...]
    ) -> tuple[Draft, ...]:
        loop = self.config.loop
        order = Order(
            kind=kind,
            round=self.number,
            wave=0,
            turns=loop.calls_per_round,
            per_turn=loop.n_easy if kind == "easy" else loop.n_hard,
            analysis=analysis,
            examples=examples,
            with_label=not loop.switches.separate_labels,
        )
        drafts = (await write(self.desk(order.role), self.pack, some, order)).drafts
        if loop.written_in:
            done = await translate(self.desk("translator"), self.pack, self.brief, drafts)
            drafts = done.drafts
        if loop.switches.separate_labels:
            for voter in range(len(self.config.teachers.of("labeler"))):
                await label(self.desk("labeler"), self.pack, self.brief, drafts, voter)
        return drafts


class _NotingDesk:
    """A desk that spends nothing: it notes what is asked, and answers what could be answered."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        texts: Sequence[str],
        asks: list[Ask],
        named: Entities,
    ) -> None:
        self._endpoints, self.asks, self._named = endpoints, asks, named
        self._texts = itertools.cycle(texts)

    @property
    def directives(self) -> tuple[str | None, ...]:
        return tuple(endpoint.directive for endpoint in self._endpoints)

    async def ask(
        self, request: Request, parse: Parse[T], repair: Repair | None = None
    ) -> Answer[T]:
        """See `evokd.teacher.desk.Desk`."""
        endpoint = self._endpoints[request.voter]
        reply = plausible(request, self._texts, self._named)
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


def plausible(request: Request, texts: itertools.cycle[str], named: Entities) -> Reply:
    """A usable reply of the usual length; texts come from the seed shots in turn."""
    if named and (found := answer(request, texts, named)) is not None:
        return Reply(found, "stop", None)
    if request.top_logprobs:
        return scripted_reply(request, 0)
    if request.role == "translator" and request.schema is not None:
        replies = {number: next(texts) for number in request.schema["properties"]}
        return Reply(json.dumps(replies, ensure_ascii=False), "stop", None)
    if request.schema is not None:
        filled = _filled(request.schema, "", texts)
        return Reply(json.dumps(filled, ensure_ascii=False), "stop", None)
    if request.role in _WRITERS:
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
        parts = schema["properties"]
        if "premise" in parts or "question" in parts:
            return _parted(next(texts))
        return {key: _filled(sub, key, texts) for key, sub in parts.items()}
    if kind == "array":
        return [_filled(schema["items"], name, texts) for _ in range(schema.get("minItems", 2))]
    if kind == "integer":
        return 1
    if name in ("text", "texts"):
        return next(texts)
    return REASON if name == "reason" else SENTENCE


def _parted(text: str) -> dict[str, Any]:
    """A pair or an item with choices as JSON replies have them."""
    first, *rest = text.split("\n")
    if not all(line.startswith(f"{letter}. ") for letter, line in zip("AB", rest, strict=False)):
        return {"premise": first, "hypothesis": rest[0]}
    return {"question": first, "choices": [line.partition(". ")[2] for line in rest]}


def plain_texts(seeds: Sequence[Example], pack: Pack, kind: TaskKind) -> list[str]:
    """Seed texts that pass for written ones: with words, and no longer than a reply may be."""
    if kind in ("pair", "choice"):  # lines with a meaning each
        return [row.text for row in seeds]
    longest = pack.manifest.generator.max_tokens * 3  # characters; fewer than 4 make a token
    cut = [" ".join(row.text.split())[:longest] for row in seeds]
    return [text for text in cut if any(c.isalpha() for c in text)] or [SENTENCE]


def _batch(texts: Sequence[str], config: Config) -> list[str]:
    """Texts of one round, as long as the seed shots."""
    loop = config.loop
    rows = loop.calls_per_round * (loop.n_hard + (loop.n_easy if loop.switches.easy else 0))
    return list(itertools.islice(itertools.cycle(texts), rows))
