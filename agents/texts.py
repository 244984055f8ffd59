"""Written texts in a reply: one line, or a JSON list, with labels where the writer names them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.records import Draft
from agents.replies import clean_text, json_reply
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


def read_texts(
    reply: Reply, n: int, target: str | None, labels: Sequence[str] | None = None
) -> list[Piece]:
    """Texts of a JSON reply; more than `n` are dropped, unusable ones too.

    Args:
        reply: `{"texts": [...]}`; items are objects with text and label where `labels` is given.
        n: How many were asked for.
        target: Label of unlabelled texts.
        labels: Where the writer labels its own texts, the labels it may use.

    Raises:
        Unusable: no usable text in it.
    """
    pairs: list[Piece]
    if labels is None:
        pairs = [(text, target) for text in json_reply(reply, _Texts).texts]
    else:
        labelled = json_reply(reply, _LabelledTexts).texts
        pairs = [(item.text, item.label) for item in labelled if item.label in labels]
    pieces: list[Piece] = []
    for text, label in itertools.islice(pairs, n):
        try:
            pieces.append((clean_text(text), label))
        except Unusable:
            continue
    if not pieces:
        raise Unusable("it holds no usable text")
    return pieces


def texts_schema(n: int, labels: Sequence[str] | None = None) -> dict[str, Any]:
    """JSON schema of a reply with `n` texts."""
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
