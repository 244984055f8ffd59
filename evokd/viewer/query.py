"""What an address asks for: path and query. All state of a view stands in it, so it can be shared.

A value that makes no sense (a page that is no number, a column that is none) falls back to the
default; an address that somebody typed never ends in an error page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

MOST = 400
"""Characters of a value that are looked at."""


@dataclass(frozen=True)
class Query:
    """A path and its query, each name once but for those that repeat on purpose."""

    path: str
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, path: str, pairs: Iterable[tuple[str, str]]) -> Query:
        """From the pairs of a query string; empty values say nothing and are dropped."""
        kept = ((name, value.strip()[:MOST]) for name, value in pairs)
        return cls(path, tuple((name, value) for name, value in kept if value))

    def get(self, name: str, default: str = "") -> str:
        """The last value by that name."""
        found = self.all(name)
        return found[-1] if found else default

    def all(self, name: str) -> list[str]:
        """Every value by that name, in order."""
        return [value for key, value in self.values if key == name]

    def number(self, name: str, default: int) -> int:
        """A whole number of at least 0."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default

    def one_of(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of the values that are allowed."""
        value = self.get(name)
        return value if value in allowed else default

    def to(self, changes: Mapping[str, object] | None = None, path: str | None = None) -> str:
        """This address with other values; None takes one away."""
        changes = changes or {}
        kept = [(name, value) for name, value in self.values if name not in changes]
        kept += [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
        return address(path or self.path, kept)


def address(path: str, values: Iterable[tuple[str, object]]) -> str:
    """A path with its query; `/run?run=demo`."""
    query = urlencode([(name, str(value)) for name, value in values], errors="replace")
    return f"{path}?{query}" if query else path
