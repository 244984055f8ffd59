"""The message of a choice: a text, a list of parts, thinking in it or beside it, a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from evokd.teacher.thinking import split_thinking

_THINKING = ("thinking", "reasoning")
"""Kinds of parts, and the fields that hold their text."""


class Said(NamedTuple):
    """What a message holds."""

    text: str
    """The answer."""
    thinking: str
    refusal: str


def read_message(message: Mapping[str, Any], *, whole: bool = False) -> Said:
    """What a model said; what is in no known shape is empty.

    Args:
        message: Of a choice.
        whole: Thinking in the text itself stays there.
    """
    said = _parts(message.get("content"))
    beside = message.get("reasoning_content") or message.get("reasoning")
    thoughts = [beside if isinstance(beside, str) else "", said.thinking]
    text = said.text
    if not whole:
        inside, text = split_thinking(text)
        thoughts.append(inside)
    refusal = message.get("refusal")
    return Said(
        text,
        "\n\n".join(filter(None, thoughts)),
        said.refusal or (refusal if isinstance(refusal, str) else ""),
    )


def _parts(content: Any) -> Said:
    """The parts of a content by what they are; a plain text is one part."""
    found: dict[str, list[str]] = {"text": [], "thinking": [], "refusal": []}
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            found["text"].append(part)
        elif isinstance(part, dict):
            kind = part.get("type")
            name = "thinking" if kind in _THINKING else "refusal" if kind == "refusal" else "text"
            found[name].append(_text_of(part))
    return Said(*("".join(texts) for texts in found.values()))


def _text_of(part: Mapping[str, Any]) -> str:
    """The text of one part; of thinking it may be a list of parts again."""
    for name in ("text", *_THINKING, "refusal"):
        value = part.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            inner = (one.get("text") for one in value if isinstance(one, dict))
            return "".join(one for one in inner if isinstance(one, str))
    return ""
