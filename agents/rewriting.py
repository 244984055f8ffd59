"""A generator's other way to write: say a text of the pool anew for a class (SynthesizRR).

Divekar and Durrett 2024, arXiv 2405.10040: content comes from real texts, so that a weak teacher
needs to know less. One passage a call, so that no text can be booked on another's passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.clean.cleaner import Cleaner
from agents.clean.echo import copies_passage
from agents.endpoint_rotation import whose_turn
from agents.fitting import fitted
from agents.gather_usable import gather_usable
from agents.generator import GenerateRequest, told_of
from agents.records import Draft, Passage
from agents.task_view import TaskView
from agents.texts import Piece, Written, read_lines, read_texts, texts_schema
from agents.weakness import taken_for
from evokd.teacher.client import Asked, LLMClient
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import REWRITE, Pack

COPIES_PASSAGE = "copies its passage"


async def rewrite(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    wanted: GenerateRequest,
    passages: Sequence[Passage],
) -> Written:
    """All calls side by side; drafts in the order of the passages, which are their parents."""
    asked = [_asked(client, pack, view, wanted, number, one) for number, one in enumerate(passages)]
    repair = pack.repair if pack.manifest.generator.reply == "json" else None
    result = await gather_usable([client.ask(one.request, one.parse, repair) for one in asked])
    analysis = wanted.analysis.text if wanted.analysis else None
    cleaner = Cleaner.of(view, analysis=analysis, loosely=True)
    drafts: list[Draft] = []
    for number, (passage, answer) in enumerate(zip(passages, result.values, strict=True)):
        for text, intended in answer.value if answer else ():
            assert answer is not None
            copied = COPIES_PASSAGE if copies_passage(text, passage.text) else None
            fault = copied or cleaner.fault(text)
            row = f"r{wanted.round:03d}-{wanted.kind[0]}-{passage.row}"
            drafts.append(
                Draft(
                    *(row, wanted.round, wanted.kind, text, intended, answer.call),
                    parents=(passage.row,),
                    fault=fault,
                    unclean=fault is not None,
                    level=_level(wanted, number),
                )
            )
    return Written(tuple(drafts), result.failures, result.stopped)


def _level(wanted: GenerateRequest, number: int) -> int | None:
    return wanted.levels[number % len(wanted.levels)] if wanted.levels else None


def _asked(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    wanted: GenerateRequest,
    number: int,
    passage: Passage,
) -> Asked[list[Piece]]:
    style, target = pack.manifest.generator, passage.target
    assert target is not None
    voter = whose_turn(number, len(client.directives), len(view.targets))

    def variables(view: TaskView) -> dict[str, Any]:
        return {
            **view.variables(client.directives[voter]),
            "passage": view.text(passage.text),
            "target": target,
            "analysis": told_of(wanted.analysis, target),
            "hard": wanted.kind == "hard",
            "confusions": (),
            "mistaken": taken_for(target, wanted.confusions, number),
            "quota": {},
            "level": _level(wanted, number),
            "levels": wanted.most_difficult,
            "turn": number,
        }

    request = Request(
        role=wanted.role,
        call_key=f"rewrite-{passage.row}",
        prompt=fitted(client, pack, view, REWRITE, variables, style.max_tokens, voter),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens,
        schema=texts_schema(1, view.reply_format) if style.reply == "json" else None,
        stop=style.stop,
        extra=style.extra,
        choices=(target,),
        lines=1 if style.reply == "lines" else 0,
    )

    def parse(reply: Reply) -> list[Piece]:
        if style.reply == "line":
            return [(view.reply_format.line(reply), view.reply_format.intended(target))]
        read = read_lines if style.reply == "lines" else read_texts
        return read(reply, 1, view.reply_format, target)

    return Asked(request, parse)
