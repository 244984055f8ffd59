"""The pages of the docs: what they show as commands and files, and where their links go.

A fence of the info string `console` holds commands (`$ …`) and, below each, lines that it must
print, in this order; `…` stands for anything. A fence with `title="NAME"` is a file. A comment on
the line before says the rest: `<!-- exit 2 -->` how the command ends, `<!-- off: REASON -->` that
the block is not run.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]+) -->\n)?^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.M | re.S
)
_LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Command:
    """One command of a page."""

    words: str
    promised: tuple[str, ...]
    exit_code: int


@dataclass(frozen=True)
class File:
    """One file of a page."""

    name: str
    text: str


def steps(page: str) -> Iterator[Command | File]:
    """What a reader does, from top to bottom."""
    for fence in _FENCE.finditer(page):
        mark, info, body = fence["mark"] or "", fence["info"], fence["body"]
        if mark.startswith("off: "):
            continue
        if title := re.search(r'title="([^"]+)"', info):
            yield File(title[1], body)
        elif info == "console":
            code = int(mark.removeprefix("exit ")) if mark.startswith("exit ") else 0
            for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
                words, *promised = part.splitlines()
                yield Command(words, tuple(line for line in promised if line.strip()), code)


def missing(promised: tuple[str, ...], output: str) -> str | None:
    """The first promised line that is not there, in its order; spaces count as one."""
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    for line in promised:
        words = " ".join(line.split())
        pattern = re.compile(re.escape(words).replace("…", ".*"))
        if words != "…" and not any(pattern.fullmatch(there) for there in lines):
            return line
    return None


def links(page: str) -> list[str]:
    """Targets of the links in a text, code left out."""
    prose = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page))
    return _LINK.findall(prose)


def anchors(page: str) -> set[str]:
    """Names of the headings, as the site and GitHub's pages make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", _FENCE.sub("", page), re.M):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        found.add(re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower()))
    return found
