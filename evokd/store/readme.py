"""README.md of a student or of data: front matter for the hub, then Markdown.

`huggingface_hub` has the keys and the form of scores; it is imported when a card is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from evokd.config import ConfigError

if TYPE_CHECKING:
    from huggingface_hub import CardData


def readme(data: CardData, parts: Iterable[str]) -> str:
    """The text of README.md; empty parts are left out."""
    return _text(data.to_dict(), parts)  # type: ignore[no-untyped-call]


@dataclass
class Readme:
    """A README.md taken apart, so that a section of it can be written anew."""

    front: dict[str, Any] = field(default_factory=dict)
    """The front matter."""
    head: str = ""
    """Title and text before the first section."""
    sections: dict[str, str] = field(default_factory=dict)
    """Title → its whole text, with the line of the title; `##` sections in their order."""

    @classmethod
    def of(cls, text: str) -> Readme:
        """Take a README.md apart; a `##` line inside a fence begins no section.

        Raises:
            ConfigError: front matter that is no YAML mapping.
        """
        front, body = _front(text)
        parts: list[list[str]] = [[]]
        fence = ""
        for line in body.split("\n"):
            mark = line[: len(line) - len(line.lstrip("`"))]
            if not fence and line.startswith("## "):
                parts.append([])
            if len(mark) >= 3 and not fence:
                fence = mark
            elif fence and line.rstrip() == fence:
                fence = ""
            parts[-1].append(line)
        head, *rest = ("\n".join(lines).strip("\n") for lines in parts)
        return cls(front, head, {part.split("\n", 1)[0][3:].strip(): part for part in rest})

    def put(self, title: str, text: str, *, before: str | None = None) -> None:
        """Write a section (its text has the line of the title) anew, or add it.

        Nothing is put where there is no text. A new one stands before the section `before`, where
        there is one, else at the end.
        """
        if not text:
            return
        known = title in self.sections
        self.sections[title] = text
        if not known and before in self.sections:
            names = list(self.sections)[:-1]
            names.insert(names.index(before), title)
            self.sections = {name: self.sections[name] for name in names}

    def text(self) -> str:
        """The whole again."""
        return _text(self.front, (self.head, *self.sections.values()))


def _front(text: str) -> tuple[dict[str, Any], str]:
    """Front matter and the rest."""
    if not text.startswith("---\n"):
        return {}, text
    raw, found, body = text[4:].partition("\n---\n")
    if not found:
        raise ConfigError("README.md: its front matter has no end (a line of three dashes)")
    try:
        front = yaml.safe_load(raw)
    except yaml.YAMLError as error:
        raise ConfigError(f"README.md: its front matter is no YAML ({error})") from None
    if not isinstance(front, dict):
        raise ConfigError("README.md: expected its front matter to be a mapping")
    return front, body


def _text(front: Mapping[str, Any], parts: Iterable[str]) -> str:
    # each value stays on a line of its own, which the hub's writer would fold: a piece of it can
    # then never stand alone and be taken for the line that ends the front matter
    shown = yaml.safe_dump(dict(front), sort_keys=False, allow_unicode=True, width=math.inf)
    return f"---\n{shown}---\n\n" + "\n\n".join(part for part in parts if part) + "\n"
