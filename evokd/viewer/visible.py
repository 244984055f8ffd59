"""Text as a page shows it: what a model wrote can neither act nor hide.

Markup is escaped where pages are made (Jinja2, `evokd.viewer.svg`); this is about what escaping
leaves alone: control characters, marks that turn the reading direction, letters without a width.
They stand as symbols, so that a reader sees that they were there.
"""

from __future__ import annotations

import re

CUT = 20_000
"""Characters of a message that a page holds; the rest is one link away."""
LINE = 160
"""Characters of a text in a table."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b"
    "\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_NAMES = {
    0x7F: "DEL",
    0x85: "NEL", 0xAD: "SHY", 0x61C: "ALM", 0x200B: "ZWSP", 0x200E: "LRM", 0x200F: "RLM",
    0x2028: "LS", 0x2029: "PS", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO",
    0x202E: "RLO", 0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
    0xFEFF: "BOM",
}  # fmt: skip


_CONTROLS = (
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF",
    "VT", "FF", "CR", "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK",
    "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
)  # fmt: skip
"""Names, not the pictures of Unicode (␛): few fonts have those."""


def visible(text: str) -> str:
    """The text with a symbol for each character that could not be seen; lines and tabs stay."""
    return _HIDDEN.sub(_symbol, text.replace("\r\n", "\n"))


def _symbol(match: re.Match[str]) -> str:
    code = ord(match[0])
    name = _CONTROLS[code] if code < len(_CONTROLS) else _NAMES.get(code, f"U+{code:04X}")
    return f"⟨{name}⟩"


def one_line(text: str, limit: int = LINE) -> str:
    """A text on one line, cut to a length."""
    line = " ".join(text[: 4 * limit].split())
    whole = len(line) <= limit and len(text) <= 4 * limit
    return line if whole else f"{line[: limit - 1].rstrip()}…"


def cut(text: str, limit: int = CUT) -> tuple[str, int]:
    """The beginning of a text, and how many characters were left out."""
    return (text, 0) if len(text) <= limit else (text[:limit], len(text) - limit)
