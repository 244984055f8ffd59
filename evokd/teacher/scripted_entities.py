"""What the scripted teacher knows of named entities: a type that a text names is an entity of it.

So in `The lamp works: Peop.` the word `Peop` is a person, and a student can learn that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evokd.teacher.request import Request


def is_entities(schema: Mapping[str, Any]) -> bool:
    """Whether a JSON schema asks for a list of entities."""
    item = schema.get("items", {})
    return schema.get("type") == "array" and {"text", "type"} <= item.get("properties", {}).keys()


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that such a schema allows."""
    types: list[str] = schema["items"]["properties"]["type"]["enum"]
    return types


def entities_in(text: str, types: Sequence[str]) -> list[dict[str, str]]:
    """The types that a text names as words, in its order, as a reply lists them."""
    found = [(_place(name, text), name) for name in types]
    return [{"text": name, "type": name} for at, name in sorted(found) if at >= 0]


def marks(request: Request) -> bool:
    """Whether the prompt shows entities marked in their text, `[words](type)`."""
    return any("](" in message.content for message in request.prompt.messages)


def marked(text: str, types: Sequence[str]) -> str:
    """The text with its entities marked."""
    for entity in entities_in(text, types):
        name = entity["text"]
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", f"[{name}]({name})", text, count=1)
    return text


def _place(name: str, text: str) -> int:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return found.start() if found else -1
