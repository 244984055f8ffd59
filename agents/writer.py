"""The rivals' writers: texts of a class that is told to them, and paraphrases of a seed text.

ZeroGen, SunGen and ProGen write for a class (with examples or without), LLM2LLM writes more like a
seed row, AugGPT says a seed row in other words. The label is that of the order: nobody checks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agents.brief import Brief
from agents.harvest import harvest
from agents.records import Draft
from agents.texts import Piece, Written, read_texts, texts_schema
from evokd.teacher.desk import Answer, Desk
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import Pack

WritingRole = Literal["writer", "paraphraser"]


@dataclass(frozen=True, slots=True)
class Commission:
    """One call: texts of one class."""

    label: str
    n: int
    examples: tuple[str, ...] = ()
    """Texts of the class to write like (ProGen, LLM2LLM), or the one to say in other words."""
    parents: tuple[str, ...] = ()
    """Ids of the rows behind the examples."""


async def compose(
    desk: Desk,
    pack: Pack,
    brief: Brief,
    role: WritingRole,
    round_number: int,
    commissions: Sequence[Commission],
) -> Written:
    """All calls side by side; drafts in the order they were asked for, labels as ordered."""
    calls = [_ask(desk, pack, brief, role, i, one) for i, one in enumerate(commissions)]
    result = await harvest(calls)
    drafts: list[Draft] = []
    for one, answer in zip(commissions, result.values, strict=True):
        for text, label in answer.value if answer else ():
            assert answer is not None
            row = f"r{round_number:03d}-p{len(drafts) + 1:03d}"
            drafts.append(Draft(row, round_number, "plain", text, label, answer.call, one.parents))
    return Written(tuple(drafts), tuple(r for r in result.reasons if r), result.stopped)


async def _ask(
    desk: Desk, pack: Pack, brief: Brief, role: WritingRole, number: int, one: Commission
) -> Answer[list[Piece]]:
    style = pack.manifest.generator
    voter = number % len(desk.directives)  # several writers take turns
    variables = {
        **brief.variables(desk.directives[voter]),
        "n": one.n,
        "target": one.label,
        "examples": one.examples,
        "turn": number,
    }
    as_json, form = style.reply == "json", brief.format
    request = Request(
        role=role,
        slot=f"text-{number}",
        prompt=pack.prompt(role, variables),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens * one.n,
        schema=texts_schema(one.n, form) if as_json else None,
        stop=style.stop,
        extra=style.extra,
        choices=(one.label,),
    )

    def parse(reply: Reply) -> list[Piece]:
        if not as_json:
            return [(form.line(reply), one.label)]
        return [(text, one.label) for text, _ in read_texts(reply, one.n, form, one.label)]

    return await desk.ask(request, parse, pack.repair if as_json else None)
