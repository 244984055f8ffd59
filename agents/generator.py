"""The easy and the hard generator: write texts only, no labels (T2)."""

from __future__ import annotations

from dataclasses import dataclass

from agents.endpoint_rotation import whose_turn
from agents.gather_usable import gather_usable
from agents.records import Analysis, Draft, DraftKind, Marked, Verdict
from agents.task_view import TaskView
from agents.texts import Piece, Written, read_texts, texts_schema
from evokd.config import Role
from evokd.teacher.client import Answer, LLMClient
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import Pack


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """What one generator is to write in one go."""

    kind: DraftKind
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
    """Without a labeler the writer labels its own texts."""

    @property
    def role(self) -> Role:
        return "easy_generator" if self.kind == "easy" else "hard_generator"

    @property
    def parents(self) -> tuple[str, ...]:
        """The student errors these texts answer."""
        if self.analysis is not None:
            return self.analysis.cited
        return tuple(row.row for row in self.examples)


async def write(client: LLMClient, pack: Pack, view: TaskView, wanted: GenerateRequest) -> Written:
    """All calls side by side; drafts in the order they were asked for.

    Where a translator follows they are in the language that `view.written_in` names.
    """
    view = view.to_write()
    plan = _plan(pack, view, wanted)
    calls = [_ask(client, pack, view, wanted, number, part) for number, part in enumerate(plan)]
    result = await gather_usable(calls)
    drafts: list[Draft] = []
    for part, answer in zip(plan, result.values, strict=True):
        back = tuple(draft.row for draft, _ in part.rejected)
        for text, intended in answer.value if answer else ():
            row = f"r{wanted.round:03d}-{wanted.kind[0]}{len(drafts) + 1:03d}"
            if wanted.wave:
                row = f"{row}-retry{wanted.wave}"
            assert answer is not None
            drafts.append(
                Draft(
                    *(row, wanted.round, wanted.kind, text, intended, answer.call),
                    parents=wanted.parents,
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


def _plan(pack: Pack, view: TaskView, wanted: GenerateRequest) -> list[_Part]:
    """Split what is wanted into calls, classes in turn so that every round is balanced."""
    total = wanted.turns * wanted.per_turn
    size = pack.manifest.generator.texts_per_call or wanted.per_turn
    # an offset by round, so that many classes are all served over the rounds
    shift = (wanted.round - 1) * total
    parts = []
    for number, start in enumerate(range(0, total, size)):
        n = min(size, total - start)
        target = None
        if pack.manifest.generator.target_class:
            targets = view.targets
            target = targets[(shift + number) % len(targets)] if targets else None
        parts.append(_Part(n, target, wanted.rejected[start : start + n], shift + number))
    return parts


async def _ask(
    client: LLMClient, pack: Pack, view: TaskView, wanted: GenerateRequest, number: int, part: _Part
) -> Answer[list[Piece]]:
    style = pack.manifest.generator
    period = len(view.targets) if part.target else 1
    voter = whose_turn(part.turn, len(client.directives), period)
    variables = {
        **view.variables(client.directives[voter]),
        "n": part.n,
        "target": part.target,
        "analysis": wanted.analysis.text if wanted.analysis else None,
        "examples": [view.shown(row) for row in wanted.examples],
        "rejected": [
            {"text": draft.original or draft.text, "reason": verdict.reason}
            for draft, verdict in part.rejected
        ],
        "with_label": wanted.with_label,
        "opening": style.openings[part.turn % len(style.openings)] if style.openings else "",
        "turn": part.turn,
    }
    as_json = style.reply == "json"
    reply_format, labelled = view.reply_format, wanted.with_label
    request = Request(
        role=wanted.role,
        call_key=f"wave-{wanted.wave}/text-{number}",
        prompt=pack.prompt(wanted.role, variables),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens * part.n,
        schema=texts_schema(part.n, reply_format, labelled=labelled) if as_json else None,
        stop=style.stop,
        extra=style.extra,
        choices=(part.target,) if part.target else view.targets or view.labels,
    )

    def parse(reply: Reply) -> list[Piece]:
        if labelled and reply_format.annotates and not as_json:
            return [reply_format.annotated(reply)]
        if not as_json:
            return [(reply_format.line(reply), reply_format.intended(part.target))]
        return read_texts(reply, part.n, reply_format, part.target, labelled=labelled)

    return await client.ask(request, parse, pack.repair if as_json else None)
