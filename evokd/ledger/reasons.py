"""Why a call gave nothing, in kinds: what tells two messages of one kind apart is taken out.

>>> kind_of("HTTP 429: rate limit of 20 reached, try again in 1.4s")
'HTTP 429: rate limit of N reached, try again in Ns'
"""

from __future__ import annotations

import re

NONE = "no reason given"
LONG = 90
"""Letters of a kind."""
MOST = 400
"""Letters of a message that are looked at."""
_BY_CHANCE = re.compile(
    r"""(?P<quoted>'[^']{2,}'|"[^"]{2,}"|“[^”]*”|`[^`]{2,}`)"""
    r"|(?P<id>\b(?=\w*\d)(?=\w*[A-Za-z])[\w-]{10,}\b)"
    r"|(?<![A-Za-z])\d[\d.,]*"
)
_PUT = {"quoted": "“…”", "id": "…", None: "N"}
_HTTP = re.compile(r"HTTP \d{3}")


def kind_of(error: str | None) -> str:
    """The kind of an error or of a reason for a rejection, in at most `LONG` letters.

    Args:
        error: As the ledger has it; None and empty ones have a kind of their own.
    """
    words = " ".join((error or "")[:MOST].split())
    if not words:
        return NONE
    status = _HTTP.match(words)
    begun = status[0] if status else ""
    rest = words[len(begun) :]
    rest = _BY_CHANCE.sub(lambda found: _PUT[found.lastgroup], rest)
    found = begun + rest
    detail = found.find(" (", 20)
    found = found[:detail] if detail > 0 else found
    if len(found) > LONG:
        found = found[: LONG - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return found.strip()
