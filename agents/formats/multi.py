"""Several annotations: a text is a string, a label an object with one class of each head.

One call gives them all. Log-probabilities can't: the first token of an object says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.formats.classes import ClassFormat, named
from evokd.config.names import Names
from evokd.tasks.formats.multi import combinations, heads_of, join, words
from evokd.teacher.faults import Unusable


class MultiFormat(ClassFormat):
    """One text, one name of each head."""

    one_word = False

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(labels)
        self.heads = heads_of(labels)
        self._answers = {words(one): join(one) for one in combinations(self.heads)}

    @property
    def targets(self) -> tuple[str, ...]:
        """Whole answers in words, balanced in each head."""
        return tuple(self._answers)

    def intended(self, target: str | None) -> str | None:
        return None if target is None else self._answers.get(target)

    def label_schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                head: {"type": "string", "enum": list(names)} for head, names in self.heads.items()
            },
            "required": list(self.heads),
            "additionalProperties": False,
        }

    def label(self, data: Any, text: str) -> str:
        given = self._by_head(data)
        found = {}
        for head, names in self.heads.items():
            name = named(Names(names), given.get(head))
            if name is None:
                raise Unusable(f"no label of {head!r} was named")
            found[head] = name
        return join(found)

    def _by_head(self, data: Any) -> dict[str, Any]:
        """What an object says of each head; a key that is a head's very name outranks others."""
        if not isinstance(data, dict):
            return {}
        heads = Names(self.heads)
        said = {name: value for key, value in data.items() if (name := named(heads, key))}
        return said | {head: data[head] for head in self.heads if head in data}

    def expected(self) -> str:
        parts = (f'"{head}": one of {", ".join(names[:40])}' for head, names in self.heads.items())
        return f"an object {{{'; '.join(parts)}}}"
