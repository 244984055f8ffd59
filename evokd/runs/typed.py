"""What is typed or piped in for a student: a text as it stands, or a row of data in JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from evokd.config import Config, ConfigError, DataConfig, TaskKind
from evokd.tasks.formats import choice, pair
from evokd.tasks.formats.ner import NerTask
from evokd.tasks.spans import joined

PARTS = ("premise", "hypothesis", "question", "choices")
"""Fields of `task.data` that make up a pair, or an item with choices."""


@dataclass(frozen=True, slots=True)
class Typed:
    """How the inputs of a student are written."""

    kind: TaskKind
    data: DataConfig = field(default_factory=DataConfig)
    """Names the columns of rows."""
    spaced: bool = True
    """`kind: ner`: words have spaces between them."""

    @classmethod
    def of(cls, kind: TaskKind, config: Config | None) -> Typed:
        """For a student of a run; without a config the columns have their usual names."""
        if config is None:
            return cls(kind)
        spaced = config.task.kind != "ner" or NerTask(config.task).spaced
        return cls(kind, config.task.data, spaced)

    def text(self, typed: str, origin: str) -> str:
        """A text as the form of the task has it.

        Args:
            typed: A text, or a row of data: an object in JSON.
            origin: Says which text it was, in an error.

        Raises:
            ConfigError: a row without the text, or one of the parts is missing.
        """
        if self.kind == "pair":
            return pair.typed(self._parts(typed, origin), origin)
        if self.kind == "choice":
            return choice.typed(self._parts(typed, origin), origin)
        return self.column(typed, self.data.text, origin)

    def column(self, typed: str, name: str, origin: str) -> str:
        """The text itself; of a row, what stands in its column, or for `ner` its words, joined.

        A text that begins with a brace and is no JSON is a text like any other.
        """
        row = _object(typed)
        if row is None:
            return typed
        words = row.get(self.data.tokens)
        if self.kind == "ner" and isinstance(words, list) and all(map(_is_text, words)) and words:
            return joined(words, spaced=self.spaced)[0]
        if _is_text(row.get(name)):
            return str(row[name])
        found = "no text in it" if name in row else f"found {', '.join(map(repr, row)) or 'none'}"
        raise ConfigError(f"{origin}: expected a text in the column {name!r} of the row, {found}")

    def _parts(self, typed: str, origin: str) -> Any:
        """The object, its columns under the names of their fields; else the text."""
        if not typed.lstrip().startswith("{"):
            return typed
        try:
            row = json.loads(typed)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{origin}: not valid JSON: {error}") from None
        names = {part: getattr(self.data, part) for part in PARTS}
        return row | {part: row[name] for part, name in names.items() if name in row}


def _object(typed: str) -> dict[str, Any] | None:
    if not typed.lstrip().startswith("{"):
        return None
    try:
        row: dict[str, Any] = json.loads(typed)
    except (ValueError, RecursionError):  # braces without end are a text, too
        return None
    return row


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
