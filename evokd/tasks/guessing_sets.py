"""Whether a column holds sets of labels: lists, or texts with a sign between the labels.

Pure. Sets are guessed where they stand out: lists of a few values that come again, or texts whose
parts come again in other company. `Arts, Culture` as one label stays one: neither part is met
without the other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.config.names import folded
from evokd.tasks.guessing import LABEL_NAMES, MOST_LABELS, count_labels, is_number, label_name

SEPARATORS = ("|", ";", ",")
"""Between labels in one text, the rarest in names first."""


@dataclass(frozen=True, slots=True)
class SetGuess:
    """A column of sets."""

    name: str
    separator: str | None
    """None: lists."""
    values: tuple[tuple[str, ...] | None, ...]
    """Of each row; None where it has no value, which is another thing than an empty set."""

    @property
    def why(self) -> str:
        """For people."""
        sizes = [len(one) for one in self.values if one is not None]
        kind = "lists" if self.separator is None else f"texts with {self.separator!r} between them"
        each = f"{len(self.counts())} labels, {sum(sizes) / len(sizes):.1f} a row"
        return f"sets of labels, {kind} ({each})"

    def counts(self) -> dict[str, int]:
        """Label → rows that have it."""
        return count_labels(name for one in self.values for name in one or ())

    def notes(self) -> list[str]:
        """What a user should know of them, a line each."""
        notes = []
        missing, empty = self.values.count(None), self.values.count(())
        if missing:
            notes.append(f"{missing} of {len(self.values)} rows have no value: left out (no_label)")
        if empty:
            notes.append(f"{empty} rows have none of the labels, and teach the student that")
        if all(map(is_number, self.counts())):
            first = next(iter(self.counts()))
            notes.append(f"the labels are numbers; agents work by names: --rename {first}=NAME")
        return notes


def guess_sets(
    rows: Sequence[Mapping[str, Any]], text: str, label: str | None = None
) -> SetGuess | None:
    """The column of sets; None where there is none, or several and none is called a label.

    Args:
        rows: Of the file.
        text: Column of the texts.
        label: The column that the user names; None: any.
    """
    names = list(dict.fromkeys(name for row in rows for name in row)) if label is None else [label]
    found = [
        guess
        for name in names
        if name != text and (guess := _sets(name, [row.get(name) for row in rows]))
    ]
    called = [guess for guess in found if folded(guess.name) in LABEL_NAMES]
    best = found if len(found) == 1 else called
    return best[0] if len(best) == 1 else None


def _sets(name: str, values: Sequence[Any]) -> SetGuess | None:
    filled = [value for value in values if value is not None]
    if any(isinstance(value, list) for value in filled):
        return _checked(SetGuess(name, None, tuple(map(_listed, values)))) if filled else None
    texts = [value for value in filled if isinstance(value, str)]
    if not texts or len(texts) < len(filled):
        return None
    if all(value.startswith("[") for value in texts):
        return _checked(SetGuess(name, None, tuple(map(_listed, values))))
    for sign in SEPARATORS:
        split = tuple(_split(value, sign) for value in values)
        if _come_apart([one for one in split if one is not None]):
            return _checked(SetGuess(name, sign, split))
    return None


def _listed(value: Any) -> tuple[str, ...] | None:
    """A list of plain values; anything else makes the column no sets (see `_checked`)."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return ("",)
    if value is None:
        return None
    if not isinstance(value, list):
        return ("",)
    return tuple(label_name(one) for one in value)


def _split(value: Any, sign: str) -> tuple[str, ...] | None:
    if value is None or not str(value).strip():
        return None
    return tuple(part.strip() for part in str(value).split(sign))


def _come_apart(sets: Sequence[tuple[str, ...]]) -> bool:
    """Whether most parts are met in different company: then they are labels of their own."""
    company: dict[str, set[tuple[str, ...]]] = {}
    for one in sets:
        for part in one:
            company.setdefault(part, set()).add(one)
    apart = sum(len(met) > 1 for met in company.values())
    return any(len(one) > 1 for one in sets) and 2 * apart >= len(company)


def _checked(guess: SetGuess) -> SetGuess | None:
    """The guess, where its parts are a few names that come again."""
    parts = [name for one in guess.values for name in one or ()]
    distinct = Counter(parts)
    twice = any(one is not None and len(set(one)) < len(one) for one in guess.values)
    few = 2 <= len(distinct) <= MOST_LABELS and 2 * len(distinct) <= len(parts)
    return guess if few and all(distinct) and not twice else None
