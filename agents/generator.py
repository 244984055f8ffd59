"""The easy and the hard generator: write texts only, no labels (T2)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.brief import Brief
from agents.harvest import harvest
from agents.records import Analysis, Draft, Kind, Marked, Verdict
from agents.replies import clean_text, json_reply, one_text
from evokd.config import Role
from evokd.ledger.budget import BudgetReached
from evokd.teacher.desk import Answer, Desk
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import Pack


@dataclass(frozen=True, slots=True)
class Order:
    """What one generator is to write in one go."""

    kind: Kind
    round: int
    wave: int
    """0, or the number of the critic's retry that sent rows back."""
    turns: int
    per_turn: int
    analysis: Analysis | None
    examples: tuple[Marked, ...] = ()
    """Student errors shown as they are, in a graph without an analyst."""
    rejected: tuple[tuple[Draft, Verdict], ...] = ()
    """Rows the critic sent back, with its reasons."""
    with_label: bool = False
    """Without a labeler's seat the writer labels its own texts."""

    @property
    def role(self) -> Role:
        return "easy_generator" if self.kind == "easy" else "hard_generator"

    @property
    def parents(self) -> tuple[str, ...]:
        """The student errors these texts answer."""
        if self.analysis is not None:
            return self.analysis.cited
        return tuple(row.row for row in self.examples)


@dataclass(frozen=True, slots=True)
class Written:
    """What a generator delivered."""

    drafts: tuple[Draft, ...]
    failures: tuple[str, ...]
    """Reasons of the calls that gave nothing."""
    stopped: BudgetReached | None


class _Labelled(BaseModel):
    model_config = ConfigDict(extra="ignore")
    text: str
    label: str


class _Texts(BaseModel):
    model_config = ConfigDict(extra="ignore")
    texts: list[str]


class _LabelledTexts(BaseModel):
    model_config = ConfigDict(extra="ignore")
    texts: list[_Labelled]


_Piece = tuple[str, str | None]
"""A text, and the label its writer aimed at."""


async def write(desk: Desk, pack: Pack, brief: Brief, order: Order) -> Written:
    """All calls of the order side by side; drafts in the order they were asked for."""
    plan = _plan(pack, brief, order)
    calls = [_ask(desk, pack, brief, order, number, part) for number, part in enumerate(plan)]
    result = await harvest(calls)
    drafts: list[Draft] = []
    for answer in result.values:
        for text, intended in answer.value if answer else ():
            row = f"r{order.round:03d}-{order.kind[0]}{len(drafts) + 1:03d}"
            if order.wave:
                row = f"{row}-retry{order.wave}"
            assert answer is not None
            draft = Draft(row, order.round, order.kind, text, intended, answer.call, order.parents)
            drafts.append(draft)
    return Written(tuple(drafts), tuple(r for r in result.reasons if r), result.stopped)


@dataclass(frozen=True, slots=True)
class _Part:
    """One call: how many texts, for which class, instead of which rows."""

    n: int
    target: str | None
    rejected: tuple[tuple[Draft, Verdict], ...]
    turn: int


def _plan(pack: Pack, brief: Brief, order: Order) -> list[_Part]:
    """Split an order into calls, classes in turn so that every round is balanced."""
    total = order.turns * order.per_turn
    size = pack.manifest.generator.texts_per_call or order.per_turn
    # an offset by round, so that many classes are all served over the rounds
    shift = (order.round - 1) * total
    parts = []
    for number, start in enumerate(range(0, total, size)):
        n = min(size, total - start)
        target = None
        if pack.manifest.generator.target_class:
            target = brief.labels[(shift + number) % len(brief.labels)]
        parts.append(_Part(n, target, order.rejected[start : start + n], shift + number))
    return parts


async def _ask(
    desk: Desk, pack: Pack, brief: Brief, order: Order, number: int, part: _Part
) -> Answer[list[_Piece]]:
    style = pack.manifest.generator
    voter = number % len(desk.directives)  # several writers take turns
    variables = {
        **brief.variables(desk.directives[voter]),
        "n": part.n,
        "target": part.target,
        "analysis": order.analysis.text if order.analysis else None,
        "examples": order.examples,
        "rejected": [
            {"text": draft.text, "reason": verdict.reason} for draft, verdict in part.rejected
        ],
        "with_label": order.with_label,
        "opening": style.openings[part.turn % len(style.openings)] if style.openings else "",
        "turn": part.turn,
    }
    as_json = style.reply == "json"
    labels = brief.labels if order.with_label else None
    request = Request(
        role=order.role,
        slot=f"wave-{order.wave}/text-{number}",
        prompt=pack.prompt(order.role, variables),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens * part.n,
        schema=_schema(part.n, labels) if as_json else None,
        stop=style.stop,
        extra=style.extra,
        choices=(part.target,) if part.target else brief.labels,
    )

    def parse(reply: Reply) -> list[_Piece]:
        if not as_json:
            return [(one_text(reply), part.target)]
        return _read(reply, part, labels)

    return await desk.ask(request, parse, pack.repair if as_json else None)


def _read(reply: Reply, part: _Part, labels: Sequence[str] | None) -> list[_Piece]:
    """Texts of a JSON reply; more than were asked for are dropped, unusable ones too."""
    pieces: list[_Piece] = []
    if labels is None:
        found = json_reply(reply, _Texts).texts
        pairs: list[_Piece] = [(text, part.target) for text in found]
    else:
        labelled = json_reply(reply, _LabelledTexts).texts
        pairs = [(item.text, item.label) for item in labelled if item.label in labels]
    for text, label in itertools.islice(pairs, part.n):
        try:
            pieces.append((clean_text(text), label))
        except Unusable:
            continue
    if not pieces:
        raise Unusable("it holds no usable text")
    return pieces


def _schema(n: int, labels: Sequence[str] | None) -> dict[str, Any]:
    item: dict[str, Any] = {"type": "string"}
    if labels is not None:
        item = {
            "type": "object",
            "properties": {"text": item, "label": {"type": "string", "enum": list(labels)}},
            "required": ["text", "label"],
            "additionalProperties": False,
        }
    return {
        "type": "object",
        "properties": {"texts": {"type": "array", "items": item, "minItems": n, "maxItems": n}},
        "required": ["texts"],
        "additionalProperties": False,
    }
