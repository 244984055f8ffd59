"""What a model thought, apart from what it answered, where both stand in one text.

`<think>…</think>` in front, by any of its usual names; only its end, where the chat template wrote
its beginning; gpt-oss' channels. What stands behind is the answer, and a thought without end has
none. Tags inside a JSON string are part of the answer.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import NamedTuple

_NAMES = "think|thinking|reasoning|thought|scratchpad"
_OPEN = re.compile(rf"\s*(?:<(?P<name>{_NAMES})>|\[THINK\])", re.IGNORECASE)
_CLOSE = re.compile(rf"</(?:{_NAMES})>|\[/THINK\]", re.IGNORECASE)
_ANY_OPEN = re.compile(rf"<(?:{_NAMES})>|\[THINK\]", re.IGNORECASE)
_CHANNEL, _FINAL = "<|channel|>", "<|channel|>final<|message|>"
_JSON = re.compile(r"[{\[]")
_FRONT = re.compile(r"\s*(?:```\w*\s*)?[{\[]")
_QUOTE = re.compile(r'(?<!\\)"')
_TRIED = 20
"""Brackets that are looked at as the beginning of JSON around a tag."""


class Thought(NamedTuple):
    """A reply's two parts."""

    thinking: str
    answer: str


def split_thinking(text: str) -> Thought:
    """Thinking and answer; a text without thinking arrives unchanged."""
    if text.lstrip().startswith(_CHANNEL):
        before, final, behind = text.partition(_FINAL)
        return Thought(before.strip(), behind.lstrip()) if final else Thought(text, "")
    thoughts: list[str] = []
    while opened := _OPEN.match(text):
        closing = f"</{opened['name']}>" if opened["name"] else "[/THINK]"
        closed = re.compile(re.escape(closing), re.IGNORECASE).search(text, opened.end())
        thoughts.append(text[opened.end() : closed.start() if closed else len(text)].strip())
        text = text[closed.end() :].lstrip() if closed else ""
    closed = None if thoughts else _CLOSE.search(text)
    if closed and not (_ANY_OPEN.search(text, 0, closed.start()) or _in_json(text, closed.start())):
        return Thought(text[: closed.start()].strip(), text[closed.end() :].lstrip())
    return Thought("\n\n".join(filter(None, thoughts)), text)


def _in_json(text: str, at: int) -> bool:
    """Whether a place lies inside the answer's own JSON."""
    decoder, front = json.JSONDecoder(strict=False), _FRONT.match(text)
    for opener in islice(_JSON.finditer(text, 0, at), _TRIED):
        try:
            end = decoder.raw_decode(text, opener.start())[1]
        except (ValueError, RecursionError):
            continue
        if end > at:
            return True
        if front and opener.end() == front.end():
            return False
    # JSON that is broken or was cut off: an odd number of quotation marks leaves a string open
    return front is not None and len(_QUOTE.findall(text[:at])) % 2 == 1
