"""A plain list, one text a line: what models of 0.5B to 8B write more surely than JSON."""

from __future__ import annotations

import re

from agents.replies import unquoted
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

_BOLD = r"(?:\*\*|__)?"
_NUMBER = re.compile(
    rf"^\s*{_BOLD}\s*(?:(?:(?:Line|Ligne)\s)?\d{{1,3}}\s*(?:[.)](?!\d)|[:：、．])"
    r"|[(（]\d{1,3}[)）]|第\d{1,3}行[:：])\s*(.*)$",
    re.IGNORECASE,
)
"""`1. …`, `1) …`, `(1) …`, `**1.** …`, `Line 1: …`, and the Chinese `1、…`; no decimal number."""
_BULLET = re.compile(r"^\s*[-*•–]\s+(.*)$")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_FENCE = re.compile(r"^\s*```")


def listed(reply: Reply) -> list[str]:
    """The items of a list in a reply, as they stand there but for markers, emphasis and quotes.

    Numbers outrank bullets, bullets outrank bare lines; what stands before, after or between the
    marked lines is prose, and dropped. The last line of a reply that was cut off is torn, and
    dropped too.

    Raises:
        Unusable: no line is left.
    """
    lines = [line for line in reply.text.splitlines() if not _FENCE.match(line)]
    if reply.finish_reason == "length" and lines and not reply.text.endswith("\n"):
        lines.pop()
        reply.mended.append("cut")
    items = [item for item in _marked(lines) if item]
    if not items:
        raise Unusable("the reply holds no line with a text")
    return items


def _marked(lines: list[str]) -> list[str]:
    for marker in (_NUMBER, _BULLET):
        found = [marker.match(line) for line in lines]
        if any(found):
            texts = [
                # a marker on a line of its own stands for the line below it
                match[1] if match[1].strip(" *_") else _below(lines, place, marker)
                for place, match in enumerate(found)
                if match
            ]
            return [_plain(text) for text in texts]
    # a line that announces a list is none of its items
    return [_plain(line) for line in lines if not line.rstrip(" *_").endswith((":", "："))]


def _below(lines: list[str], place: int, marker: re.Pattern[str]) -> str:
    line = next((line for line in lines[place + 1 :] if line.strip()), "")
    return "" if marker.match(line) else line


def _plain(text: str) -> str:
    """A line without emphasis and without quotation marks around it."""
    bare = _EMPHASIS.sub(r"\2", text).strip()
    for mark in ("**", "__"):  # of emphasis around the marker
        bare = bare.removeprefix(mark).removesuffix(mark).strip()
    if bare[-1:] in (",", "，") and bare[-2:-1] in ('"', "”", "'"):
        bare = bare[:-1]  # of a list that was to be JSON
    return unquoted(bare)
