"""Named entities: a text is a string, a label its entities, verbatim and with their types.

In JSON a label is `[{"text": "Jack Ruby", "type": "Peop"}]`. A writer that answers in lines marks
the entities where they stand, `[Jack Ruby](Peop)`, for a small model counts no characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agents.formats.classes import ClassFormat, named
from agents.replies import one_text
from evokd.tasks.alignment import align
from evokd.tasks.spans import EntitySpan, encode, words
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

_MARKED = re.compile(r"\[([^\[\]]+)\]\s?\(([^()\[\]]*)\)")
_TORN = re.compile(r"\]\s?\(|\[[^\]]*$")
"""What is left of marks that were cut off or put into one another."""
RUN = 5
"""Words of the longest entity that a closed schema allows; 97 % of conll2004's are no longer."""
CLOSED = 8
"""Entities that it allows at most: small models don't stop by themselves."""


class NerFormat(ClassFormat):
    """One text, any number of entities."""

    one_word = False
    annotates = True

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(labels)

    def intended(self, target: str | None) -> str | None:
        """None: a type to write for says nothing about which words are entities."""
        return None

    def closed_schema(self, text: str) -> dict[str, Any]:
        """Entities can only be chosen among the runs of up to `RUN` words of the text."""
        schema = self.label_schema()
        runs = _runs(text)
        if not runs:
            return schema | {"maxItems": 0}
        entity = dict(schema["items"])
        entity["properties"] = entity["properties"] | {"text": {"type": "string", "enum": runs}}
        return schema | {"items": entity, "maxItems": CLOSED}

    def label_schema(self) -> dict[str, Any]:
        entity = {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "type": {"type": "string", "enum": list(self.labels)},
            },
            "required": ["text", "type"],
            "additionalProperties": False,
        }
        return {"type": "array", "items": entity}

    def label(self, data: Any, text: str) -> str:
        if not isinstance(data, list):
            raise Unusable("no list of entities")
        mentions = []
        for item in data:
            surface = item.get("text") if isinstance(item, dict) else None
            name = item.get("type") if isinstance(item, dict) else None
            if not isinstance(surface, str) or not isinstance(name, str):
                raise Unusable('expected each entity as {"text": "…", "type": "…"}')
            mentions.append((surface, self._type(name)))
        try:
            return encode(text, align(text, mentions))
        except ValueError as reason:
            raise Unusable(str(reason)) from None

    def expected(self) -> str:
        types = ", ".join(self.labels[:40])
        return (
            'the list of its entities, each {"text": "…", "type": "…"} with the words exactly as'
            f" in the text; types: {types}"
        )

    def annotated(self, reply: Reply) -> tuple[str, str]:
        marked = one_text(reply)
        text, spans, done = "", [], 0
        for found in _MARKED.finditer(marked):
            surface = found[1].strip()
            text += marked[done : found.start()]
            if surface:
                spans.append(EntitySpan(len(text), len(text) + len(surface), self._type(found[2])))
            text, done = text + surface, found.end()
        text += marked[done:]
        if _TORN.search(text):
            raise Unusable("a mark is not closed, or holds another one")
        if not spans:
            raise Unusable("no entity is marked as [words](type)")
        cut = {edge for start, end in words(text) for edge in range(start + 1, end)}
        if any(edge in cut for span in spans for edge in (span.start, span.end)):
            raise Unusable("an entity begins or ends inside a word")
        return text, encode(text, spans)

    def _type(self, name: str) -> str:
        known = named(self._names, name)
        if known is None:
            raise Unusable(f"the type {name[:40]!r} is none of {', '.join(self.labels[:40])}")
        return known


def _runs(text: str) -> list[str]:
    """Runs of words that begin and end with a letter or digit, each once."""
    found = words(text)
    return list(
        dict.fromkeys(
            text[start:end]
            for place, (start, _) in enumerate(found)
            for _, end in found[place : place + RUN]
            if text[start].isalnum() and text[end - 1].isalnum()
        )
    )
