"""Sets of labels: a text is a string, a label a list of names, possibly empty.

Models that are asked for a list answer with one name, with names behind commas, or with yes or no
for each of them; what they mean is plain, and taken. A name that is none is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agents.formats.classes import ClassFormat, named
from evokd.config.names import folded
from evokd.tasks.label_sets import NOTHING, encode, words
from evokd.teacher.faults import Unusable

_BREAK = re.compile(r"\s*(?:[,;|、，；]|\s\+\s)\s*")
"""Between names in a text that a model gives instead of a list."""
_NOTHING = frozenset(map(folded, (NOTHING, "no labels", "none", "none of them", "")))
"""What models write where nothing fits, folded; a label of that name outranks it."""
_YES = frozenset(("yes", "true", "1"))
_NO = frozenset(("no", "false", "0", ""))


class MultiLabelFormat(ClassFormat):
    """One text, any number of names."""

    one_word = False

    def __init__(self, labels: Sequence[str], sets: Sequence[str] = ()) -> None:
        """Args.

        labels: Names, in the order of the config.
        sets: Labels that occur in the data: what writers may be told to write for; none: each name
            alone.
        """
        super().__init__(labels)
        told = dict.fromkeys(sets) or [encode((name,), labels) for name in labels]
        self._sets = {words(label): label for label in told}

    @property
    def targets(self) -> tuple[str, ...]:
        """Sets in words: those that occur, for which of the others make sense nobody knows."""
        return tuple(self._sets)

    def intended(self, target: str | None) -> str | None:
        return None if target is None else self._sets.get(target)

    def label_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "enum": list(self.labels)}}

    def closed_schema(self, text: str) -> dict[str, Any]:
        """No longer than all labels: small models don't stop by themselves."""
        return self.label_schema() | {"maxItems": len(self.labels)}

    def label(self, data: Any, text: str) -> str:
        return encode({*map(self._name, self._items(data))}, self.labels)

    def expected(self) -> str:
        return (
            f"the list of its labels, empty if it has none, out of: {', '.join(self.labels[:40])}"
        )

    def _items(self, data: Any) -> Sequence[Any]:
        """What a reply names, one item a name."""
        if isinstance(data, Mapping):
            return [name for name, said in data.items() if _says_yes(name, said)]
        if isinstance(data, str | int) and not isinstance(data, bool):
            data = [data]
        if not isinstance(data, list):
            raise Unusable("no list of labels")
        if len(data) != 1 or self._known(data[0]) or not isinstance(data[0], str):
            return data
        return [] if folded(data[0]) in _NOTHING else _BREAK.split(data[0].strip())

    def _name(self, said: Any) -> str:
        known = named(self._names, said)
        if known is None:
            raise Unusable(f"the label {str(said)[:40]!r} is none of {', '.join(self.labels[:40])}")
        return known

    def _known(self, said: Any) -> bool:
        return named(self._names, said) is not None


def _says_yes(name: str, said: Any) -> bool:
    """Of a reply that answers for each label."""
    bare = folded(str(said)) if isinstance(said, str | int | bool) else None
    if bare in _YES or bare in _NO:
        return bare in _YES
    raise Unusable(f"expected a list of labels, or yes or no for {str(name)[:40]!r}")
