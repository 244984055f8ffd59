"""The translator: says the writers' texts in the language of the task; it knows of no class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.batches import batches
from agents.formats import ReplyFormat
from agents.gather_usable import gather_usable
from agents.records import Draft
from agents.replies import json_object
from agents.task_view import TaskView
from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer, LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.manifest import TranslatorStyle
from prompts.pack import Pack


@dataclass(frozen=True, slots=True)
class Translated:
    """Drafts in the language of the task, in the order they came in, those with a fault last."""

    drafts: tuple[Draft, ...]
    """One that no usable translation came for keeps its text and has a `fault`."""
    stopped: BudgetReached | None


_Piece = tuple[str | None, str | None]
"""A translation, or what was wrong with it."""


async def translate(
    client: LLMClient, pack: Pack, view: TaskView, drafts: Sequence[Draft]
) -> Translated:
    """A translation for every usable draft; only the texts go into the prompt, never a class.

    The intended label, and where writers label their own texts that label, go along.
    """
    style = pack.manifest.translator
    assert style is not None  # checked before the run: `Pack.require`
    size = style.texts_per_call
    usable = [draft for draft in drafts if draft.fault is None]
    parts = batches(usable, size)
    result = await gather_usable([_ask(client, pack, style, view, batch) for batch in parts])
    done: list[Draft] = []
    for batch, answer, reason in zip(parts, result.values, result.reasons, strict=True):
        for position, draft in enumerate(batch):
            text, fault = answer.value[position] if answer else (None, reason)
            if text is None:
                done.append(replace(draft, fault=f"untranslated: {fault}"))
            else:
                call = answer.call if answer else None
                done.append(replace(draft, text=text, original=draft.text, translation=call))
    done += [draft for draft in drafts if draft.fault is not None]
    return Translated(tuple(done), result.stopped)


async def _ask(
    client: LLMClient, pack: Pack, style: TranslatorStyle, view: TaskView, batch: Sequence[Draft]
) -> Answer[list[_Piece]]:
    variables = {
        **view.variables(client.directives[0]),
        "source": view.source,
        "texts": [draft.text for draft in batch],
    }
    as_json, reply_format = style.reply == "json", view.reply_format
    request = Request(
        role="translator",
        call_key=f"translate-{batch[0].row}",
        prompt=pack.prompt("translator", variables),
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=style.max_tokens * len(batch),
        schema=_schema(len(batch)) if as_json else None,
        stop=style.stop,
        extra=style.extra,
    )

    def parse(reply: Reply) -> list[_Piece]:
        return (
            _by_number(reply, len(batch), reply_format)
            if as_json
            else [(reply_format.line(reply), None)]
        )

    return await client.ask(request, parse, pack.repair if as_json else None)


def _by_number(reply: Reply, n: int, reply_format: ReplyFormat) -> list[_Piece]:
    """Translations by the text's number; a reply without any is unusable as a whole."""
    data = json_object(reply, texts=True)
    found = [_read(data.get(str(number)), reply_format) for number in range(1, n + 1)]
    if not any(text is not None for text, _ in found):
        raise Unusable(f"expected for each number its translation ({found[0][1]})")
    return found


def _read(data: Any, reply_format: ReplyFormat) -> _Piece:
    try:
        return reply_format.text(data), None
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
