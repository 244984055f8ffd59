"""Plausible replies about named entities, for `graph.rehearsal`: those of the seed shots."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evokd.tasks.example import Example
from evokd.tasks.spans import surfaces
from evokd.teacher.request import Request

Entities = Mapping[str, list[dict[str, str]]]
"""Text → its entities, as a JSON reply lists them."""


def entities(seeds: Sequence[Example], texts: Sequence[str]) -> Entities:
    """What the seed rows say about texts that are the beginnings of seed texts."""
    found: dict[str, list[dict[str, str]]] = {}
    for text in texts:
        row = next(row for row in seeds if " ".join(row.text.split()).startswith(text))
        named = [{"text": surface, "type": name} for surface, name in surfaces(row.label)]
        found[text] = [entity for entity in named if entity["text"] in text]
    return found


def answer(request: Request, texts: Iterator[str], named: Entities) -> str | None:
    """The reply of a labeler or of a writer that annotates; None for other roles."""
    if request.role == "writer" and request.schema is None:
        return _marked(next(texts), named)
    if request.schema is None or request.role not in ("labeler", "writer"):
        return None
    parts = request.schema["properties"]
    if request.role == "labeler":
        asked = request.prompt.messages[-1].content
        return _dumps({number: named[_asked(asked, number, named)] for number in parts})
    written = [next(texts) for _ in range(parts["texts"]["minItems"])]
    return _dumps({"texts": [{"text": text, "label": named[text]} for text in written]})


def _marked(text: str, named: Entities) -> str:
    for entity in named[text]:
        marked = f"[{entity['text']}]({entity['type']})"
        text = text.replace(entity["text"], marked, 1)
    return text


def _asked(asked: str, number: str, named: Entities) -> str:
    """The text with this number in a prompt; the first one where it can't be told."""
    line = re.search(rf'^{number}\. (".*")$', asked, re.MULTILINE)
    text = json.loads(line[1]) if line else ""
    return text if text in named else next(iter(named))


def _dumps(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
