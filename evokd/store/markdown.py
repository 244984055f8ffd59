"""Text into Markdown: what a user or a model wrote reads as itself and is never mark-up."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence


def line(text: str) -> str:
    """Text on one line, without control characters and lone surrogates."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", " ", text).split())


def md(text: str) -> str:
    """Text that reads as itself in Markdown, also within a table, and as HTML."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", html.escape(line(text), quote=False))


def section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A section with a Markdown table; nothing when there are no rows."""
    body = [" | ".join(md(cell) for cell in row) for row in rows]
    if not body:
        return ""
    lines = [" | ".join(head), " | ".join("---" for _ in head), *body]
    return f"## {title}\n\n" + "\n".join(f"| {one} |" for one in lines)


def fenced(text: str, language: str = "") -> str:
    """A block of code, its fence longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
