"""The easy and the hard generator: write texts only, no labels (T2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from agents.batches import even_parts
from agents.clean.cleaner import Cleaner
from agents.endpoint_rotation import whose_turn
from agents.fitting import fitted
from agents.gather_usable import gather_completions
from agents.records import Analysis, Draft, DraftKind, Marked, Verdict
from agents.task_view import TaskView
from agents.texts import Piece, Written, read_lines, read_texts, texts_schema
from agents.weakness import Confusion, taken_for
from evokd.config import Role
from evokd.teacher.client import Asked, LLMClient
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import Pack

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """What one generator is to write in one go."""

    kind: DraftKind
    round: int
    wave: int
    """0, or the number of the critic's retry that sent rows back."""
    texts: int
    per_turn: int
    """Texts of one call, where the pack doesn't say how many it holds."""
    analysis: Analysis | None
    examples: tuple[Marked, ...] = ()
    """Student errors shown as they are, in a graph without an analyst."""
    rejected: tuple[tuple[Draft, Verdict], ...] = ()
    """Rows the critic sent back, with its reasons."""
    with_label: bool = False
    """Without a labeler the writer labels its own texts."""
    before: int = 0
    """Texts that the rounds before asked for: classes, openings and levels go on from there."""
    targets: tuple[str, ...] = ()
    """What each text is for, in a round that doesn't serve all classes in turn."""
    confusions: tuple[Confusion, ...] = ()
    levels: tuple[int, ...] = ()
    """How difficult the texts are to be, in turn."""
    most_difficult: int | None = None
    """The scale's end."""
    completions: int = 1
    """Of one request, at most: calls with one and the same prompt become one."""

    @property
    def role(self) -> Role:
        return "easy_generator" if self.kind == "easy" else "hard_generator"

    @property
    def parents(self) -> tuple[str, ...]:
        """The student errors these texts answer."""
        if self.analysis is not None:
            return self.analysis.cited
        return tuple(row.row for row in self.examples)

    @property
    def shown(self) -> tuple[str, ...]:
        """The rows that its prompts show, which no new text may copy."""
        back = (draft.original or draft.text for draft, _ in self.rejected)
        return (*(row.text for row in self.examples), *back)


async def write(client: LLMClient, pack: Pack, view: TaskView, wanted: GenerateRequest) -> Written:
    """All calls side by side; drafts in the order they were asked for.

    Where a translator follows they are in the language that `view.written_in` names.
    """
    view = view.to_write()
    cleaner = Cleaner.of(
        view,
        analysis=wanted.analysis.text if wanted.analysis else None,
        loosely=True,
        examples=wanted.shown,
    )
    plan = _plan(pack, view, wanted)
    asked = [_asked(client, pack, view, wanted, number, part) for number, part in enumerate(plan)]
    repair = pack.repair if pack.manifest.generator.reply == "json" else None
    result = await gather_completions(client, asked, repair, wanted.completions)
    drafts: list[Draft] = []
    for part, answer in zip(plan, result.values, strict=True):
        back = tuple(draft.row for draft, _ in part.rejected)
        for text, intended in answer.value if answer else ():
            row = f"r{wanted.round:03d}-{wanted.kind[0]}{len(drafts) + 1:03d}"
            if wanted.wave:
                row = f"{row}-retry{wanted.wave}"
            assert answer is not None
            fault = cleaner.fault(text)
            drafts.append(
                Draft(
                    *(row, wanted.round, wanted.kind, text, intended, answer.call),
                    parents=wanted.parents,
                    rewrites=back,
                    fault=fault,
                    unclean=fault is not None,
                    level=part.level,
                )
            )
    return Written(tuple(drafts), result.failures, result.stopped)


@dataclass(frozen=True, slots=True)
class _Part:
    """One call: how many texts, for which classes, how difficult, instead of which rows."""

    n: int
    target: str | None
    quota: tuple[str, ...]
    level: int | None
    rejected: tuple[tuple[Draft, Verdict], ...]
    turn: int


def _plan(pack: Pack, view: TaskView, wanted: GenerateRequest) -> list[_Part]:
    """Split what is wanted into calls, classes in turn where nobody says which."""
    if wanted.texts < 1:  # the last round of a budget may leave nothing to one of the two
        return []
    size = pack.manifest.generator.texts_per_call or wanted.per_turn
    told, turn = pack.manifest.generator.target_class, wanted.before // size
    parts: list[_Part] = []
    start = 0
    for number, n in enumerate(even_parts(wanted.texts, size), turn):
        quota = wanted.targets[start : start + n]
        target = None
        if told:
            target = quota[0] if quota else _in_turn(view.targets, number)
        level = _in_turn(wanted.levels, number)
        back = wanted.rejected[start : start + n]
        parts.append(_Part(n, target, () if told else quota, level, back, number))
        start += n
    return parts


def told_of(analysis: Analysis | None, target: str | None) -> str | None:
    """The analysis, unless the call is for a class that it does not speak of.

    A small model takes whatever stands in front for the subject: told of authors while it writes
    about places, it asks where authors were born (docs/log.md, 2026-11-27).
    """
    if analysis is None or (target and analysis.about and target not in analysis.about):
        return None
    return analysis.text


def _like(rows: Sequence[Marked], target: str | None, view: TaskView) -> Sequence[Marked]:
    """The student errors of the class that the call is for, where texts have one plain class."""
    if target is None or view.task_format.kind != "classification":
        return rows
    return [row for row in rows if row.label == target]


def _in_turn(these: Sequence[S], number: int) -> S | None:
    return these[number % len(these)] if these else None


def _variables(
    pack: Pack, view: TaskView, directive: str | None, wanted: GenerateRequest, part: _Part
) -> dict[str, Any]:
    openings = pack.manifest.generator.openings
    return {
        **view.variables(directive),
        "n": part.n,
        "target": part.target,
        "analysis": told_of(wanted.analysis, part.target),
        "examples": [view.shown(row) for row in _like(wanted.examples, part.target, view)],
        "rejected": [
            {"text": view.text(draft.original or draft.text), "reason": verdict.reason}
            for draft, verdict in part.rejected
        ],
        "with_label": wanted.with_label,
        "hard": wanted.kind == "hard",
        "confusions": wanted.confusions,
        "mistaken": taken_for(part.target, wanted.confusions, part.turn) if part.target else None,
        "quota": Counter(part.quota),
        "level": part.level,
        "levels": wanted.most_difficult,
        "opening": openings[part.turn % len(openings)] if openings else "",
        "turn": part.turn,
    }


def _asked(
    client: LLMClient, pack: Pack, view: TaskView, wanted: GenerateRequest, number: int, part: _Part
) -> Asked[list[Piece]]:
    style = pack.manifest.generator
    period = len(view.targets) if part.target else 1
    voter = whose_turn(part.turn, len(client.directives), period)
    completion = style.max_tokens * part.n

    def variables(view: TaskView) -> dict[str, Any]:
        return _variables(pack, view, client.directives[voter], wanted, part)

    as_json = style.reply == "json"
    reply_format, labelled = view.reply_format, wanted.with_label
    request = Request(
        role=wanted.role,
        call_key=f"wave-{wanted.wave}/text-{number}",
        prompt=fitted(client, pack, view, wanted.role, variables, completion, voter),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=completion,
        schema=texts_schema(part.n, reply_format, labelled=labelled) if as_json else None,
        stop=style.stop,
        extra=style.extra,
        choices=(part.target,) if part.target else view.targets or view.labels,
        lines=part.n if style.reply == "lines" else 0,
    )

    def parse(reply: Reply) -> list[Piece]:
        if labelled and reply_format.annotates and not as_json:
            return [reply_format.annotated(reply)]
        if style.reply == "lines":
            return read_lines(reply, part.n, reply_format, part.target)
        if not as_json:
            return [(reply_format.line(reply), reply_format.intended(part.target))]
        return read_texts(reply, part.n, reply_format, part.target, labelled=labelled)

    return Asked(request, parse)
