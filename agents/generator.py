"""The easy and the hard generator: write texts only, no labels (T2)."""

from __future__ import annotations

from dataclasses import dataclass

from agents.brief import Brief
from agents.committee import member
from agents.harvest import harvest
from agents.records import Analysis, Draft, Kind, Marked, Verdict
from agents.texts import Piece, Written, read_texts, texts_schema
from evokd.config import Role
from evokd.teacher.desk import Answer, Desk
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


async def write(desk: Desk, pack: Pack, brief: Brief, order: Order) -> Written:
    """All calls of the order side by side; drafts in the order they were asked for.

    Where a translator follows they are in the language that `brief.written_in` names.
    """
    brief = brief.to_write()
    plan = _plan(pack, brief, order)
    calls = [_ask(desk, pack, brief, order, number, part) for number, part in enumerate(plan)]
    result = await harvest(calls)
    drafts: list[Draft] = []
    for part, answer in zip(plan, result.values, strict=True):
        back = tuple(draft.row for draft, _ in part.rejected)
        for text, intended in answer.value if answer else ():
            row = f"r{order.round:03d}-{order.kind[0]}{len(drafts) + 1:03d}"
            if order.wave:
                row = f"{row}-retry{order.wave}"
            assert answer is not None
            drafts.append(
                Draft(
                    *(row, order.round, order.kind, text, intended, answer.call),
                    parents=order.parents,
                    rewrites=back,
                )
            )
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
            targets = brief.targets
            target = targets[(shift + number) % len(targets)] if targets else None
        parts.append(_Part(n, target, order.rejected[start : start + n], shift + number))
    return parts


async def _ask(
    desk: Desk, pack: Pack, brief: Brief, order: Order, number: int, part: _Part
) -> Answer[list[Piece]]:
    style = pack.manifest.generator
    period = len(brief.targets) if part.target else 1
    voter = member(part.turn, len(desk.directives), period)
    variables = {
        **brief.variables(desk.directives[voter]),
        "n": part.n,
        "target": part.target,
        "analysis": order.analysis.text if order.analysis else None,
        "examples": [brief.shown(row) for row in order.examples],
        "rejected": [
            {"text": draft.original or draft.text, "reason": verdict.reason}
            for draft, verdict in part.rejected
        ],
        "with_label": order.with_label,
        "opening": style.openings[part.turn % len(style.openings)] if style.openings else "",
        "turn": part.turn,
    }
    as_json = style.reply == "json"
    form, labelled = brief.format, order.with_label
    request = Request(
        role=order.role,
        slot=f"wave-{order.wave}/text-{number}",
        prompt=pack.prompt(order.role, variables),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens * part.n,
        schema=texts_schema(part.n, form, labelled=labelled) if as_json else None,
        stop=style.stop,
        extra=style.extra,
        choices=(part.target,) if part.target else brief.targets or brief.labels,
    )

    def parse(reply: Reply) -> list[Piece]:
        if labelled and form.annotates and not as_json:
            return [form.annotated(reply)]
        if not as_json:
            return [(form.line(reply), form.intended(part.target))]
        return read_texts(reply, part.n, form, part.target, labelled=labelled)

    return await desk.ask(request, parse, pack.repair if as_json else None)
