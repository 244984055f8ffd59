"""Written texts in a reply: a JSON list, with labels where the writer names them, or lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.formats import ReplyFormat
from agents.lines import listed
from agents.records import Draft
from agents.replies import json_object
from evokd.ledger.budget import BudgetReached
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

Piece = tuple[str, str | None]
"""A text, and the label its writer aimed at."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a writing role delivered."""

    drafts: tuple[Draft, ...]
    failures: tuple[str, ...]
    """Reasons of the calls that gave nothing."""
    stopped: BudgetReached | None


def _items(reply: Reply) -> list[Any]:
    items = json_object(reply, "texts", texts=True).get("texts")
    if isinstance(items, dict):  # numbered instead of listed
        items = list(items.values())
    if not isinstance(items, list):
        raise Unusable('expected {"texts": […]}')
    return items


def read_texts(
    reply: Reply, n: int, reply_format: ReplyFormat, target: str | None, *, labelled: bool = False
) -> list[Piece]:
    """Texts of a JSON reply; more than `n` are dropped, unusable ones too.

    Args:
        reply: `{"texts": [...]}`; items are objects with text and label where `labelled`.
        n: How many were asked for.
        reply_format: What a text and a label look like.
        target: Class that unlabelled texts were asked for.
        labelled: The writer labels its own texts.

    Raises:
        Unusable: no usable text in it.
    """
    pieces: list[Piece] = []
    complaint = "it holds no usable text"
    for item in _items(reply)[:n]:
        try:
            pieces.append(_piece(item, reply_format, target, labelled))
        except Unusable as reason:
            complaint = f"it holds no usable text: {reason}"
    if not pieces:
        raise Unusable(complaint)
    return pieces


def read_lines(reply: Reply, n: int, reply_format: ReplyFormat, target: str | None) -> list[Piece]:
    """Texts of a reply that is a plain list; more than `n` are dropped, unusable ones too.

    A model that answers with JSON all the same is read as such.

    Raises:
        Unusable: no usable text in it.
    """
    if reply.text.lstrip("` \n").removeprefix("json").lstrip()[:1] in ("{", "["):
        return read_texts(reply, n, reply_format, target)
    pieces: list[Piece] = []
    complaint = "it holds no usable text"
    for line in listed(reply):
        try:
            pieces.append((reply_format.text(line), reply_format.intended(target)))
        except Unusable as reason:
            complaint = f"it holds no usable text: {reason}"
    if not pieces:
        raise Unusable(complaint)
    return pieces[:n]


def read_annotated(
    reply: Reply, n: int, reply_format: ReplyFormat
) -> list[tuple[str, str | None, str | None]]:
    """Texts whose writer names their labels: text, label, and why there is none.

    Raises:
        Unusable: no usable text in it, or no label of any.
    """
    found: list[tuple[str, str | None, str | None]] = []
    complaint = "it holds no usable text"
    for item in _items(reply)[:n]:
        try:
            text = reply_format.text(item.get("text") if isinstance(item, dict) else None)
        except Unusable as reason:
            complaint = f"it holds no usable text: {reason}"
            continue
        try:
            found.append((text, reply_format.label(item.get("label"), text), None))
        except Unusable as reason:
            complaint = f"no text has a usable label: {reason}"
            found.append((text, None, str(reason)))
    if not any(label is not None for _, label, _ in found):
        raise Unusable(complaint)
    return found


def _piece(item: Any, reply_format: ReplyFormat, target: str | None, labelled: bool) -> Piece:
    if not labelled:
        return reply_format.text(item), reply_format.intended(target)
    if not isinstance(item, dict):
        raise Unusable('expected each text as {"text": …, "label": …}')
    text = reply_format.text(item.get("text"))
    return text, reply_format.label(item.get("label"), text)


def texts_schema(n: int, reply_format: ReplyFormat, *, labelled: bool = False) -> dict[str, Any]:
    """JSON schema of a reply with `n` texts."""
    item = reply_format.text_schema()
    if labelled:
        item = {
            "type": "object",
            "properties": {"text": item, "label": reply_format.label_schema()},
            "required": ["text", "label"],
            "additionalProperties": False,
        }
    return {
        "type": "object",
        "properties": {"texts": {"type": "array", "items": item, "minItems": n, "maxItems": n}},
        "required": ["texts"],
        "additionalProperties": False,
    }
