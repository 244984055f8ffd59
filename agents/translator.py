"""The translator: says the writers' texts in the language of the task; it knows of no class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.brief import Brief
from agents.formats import Format
from agents.harvest import harvest
from agents.records import Draft
from agents.replies import json_object
from evokd.ledger.budget import BudgetReached
from evokd.teacher.desk import Answer, Desk
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import Pack, TranslatorStyle


@dataclass(frozen=True, slots=True)
class Translated:
    """Drafts in the language of the task, in the order they came in."""

    drafts: tuple[Draft, ...]
    """One that no usable translation came for keeps its text and has a `fault`."""
    stopped: BudgetReached | None


_Piece = tuple[str | None, str | None]
"""A translation, or what was wrong with it."""


async def translate(desk: Desk, pack: Pack, brief: Brief, drafts: Sequence[Draft]) -> Translated:
    """A translation for every draft; only the texts go into the prompt, never a class.

    The intended label, and where writers label their own texts that label, go along.
    """
    style = pack.manifest.translator
    assert style is not None  # checked before the run: `Pack.require`
    size = style.texts_per_call
    batches = [drafts[start : start + size] for start in range(0, len(drafts), size)]
    result = await harvest([_ask(desk, pack, style, brief, batch) for batch in batches])
    done: list[Draft] = []
    for batch, answer, reason in zip(batches, result.values, result.reasons, strict=True):
        for position, draft in enumerate(batch):
            text, fault = answer.value[position] if answer else (None, reason)
            if text is None:
                done.append(replace(draft, fault=f"untranslated: {fault}"))
            else:
                call = answer.call if answer else None
                done.append(replace(draft, text=text, original=draft.text, translation=call))
    return Translated(tuple(done), result.stopped)


async def _ask(
    desk: Desk, pack: Pack, style: TranslatorStyle, brief: Brief, batch: Sequence[Draft]
) -> Answer[list[_Piece]]:
    variables = {
        **brief.variables(desk.directives[0]),
        "source": brief.source,
        "texts": [draft.text for draft in batch],
    }
    as_json, form = style.reply == "json", brief.format
    request = Request(
        role="translator",
        slot=f"translate-{batch[0].row}",
        prompt=pack.prompt("translator", variables),
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens * len(batch),
        schema=_schema(len(batch)) if as_json else None,
        stop=style.stop,
        extra=style.extra,
    )

    def parse(reply: Reply) -> list[_Piece]:
        return _by_number(reply, len(batch), form) if as_json else [(form.line(reply), None)]

    return await desk.ask(request, parse, pack.repair if as_json else None)


def _by_number(reply: Reply, n: int, form: Format) -> list[_Piece]:
    """Translations by the text's number; a reply without any is unusable as a whole."""
    data = json_object(reply)
    found = [_read(data.get(str(number)), form) for number in range(1, n + 1)]
    if not any(text is not None for text, _ in found):
        raise Unusable(f"expected for each number its translation ({found[0][1]})")
    return found


def _read(data: Any, form: Format) -> _Piece:
    try:
        return form.text(data), None
    except Unusable as reason:
        return None, str(reason)


def _schema(n: int) -> dict[str, Any]:
    numbers = [str(number) for number in range(1, n + 1)]
    return {
        "type": "object",
        "properties": {number: {"type": "string"} for number in numbers},
        "required": numbers,
        "additionalProperties": False,
    }
