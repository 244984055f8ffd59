"""How a predicted answer differs from the right one, part by part: entities, labels of a set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from evokd.tasks.spans import EntitySpan

DifferenceKind = Literal["missed", "invented", "mistyped", "cut", "extra"]


class Difference(NamedTuple):
    """One part that is wrong. Templates find words for `fault` in the language of the prompt."""

    fault: DifferenceKind
    """`cut`: found, but too much or too little of it; its type may be wrong as well. `extra`: a
    label too many."""
    right: str
    """`Jack Ruby (Peop)`, or a label; empty where there is no such part."""
    said: str
    """The same of the prediction; empty where it has none there."""

    @property
    def words(self) -> str:
        """In English, for tables."""
        verb = {"cut": "cut wrongly"}.get(self.fault, self.fault)
        return f"{verb}: {' as '.join(part for part in (self.right, self.said) if part)}"


def differences(
    text: str, right: Sequence[EntitySpan], said: Sequence[EntitySpan]
) -> tuple[Difference, ...]:
    """What is wrong with the entities `said`, in the order of the text; none if nothing is."""
    found: list[tuple[int, Difference]] = []
    for span in right:
        rivals = [other for other in said if _overlap(span, other)]
        if span in rivals:
            continue
        same = [other for other in rivals if (other.start, other.end) == (span.start, span.end)]
        fault: DifferenceKind = "mistyped" if same else "cut" if rivals else "missed"
        shown = ", ".join(_shown(text, other) for other in rivals)
        found.append((span.start, Difference(fault, _shown(text, span), shown)))
    for span in said:
        if not any(_overlap(span, other) for other in right):
            found.append((span.start, Difference("invented", "", _shown(text, span))))
    return tuple(difference for _, difference in sorted(found))


def _shown(text: str, span: EntitySpan) -> str:
    return f"{text[span.start : span.end]} ({span.type})"


def _overlap(one: EntitySpan, other: EntitySpan) -> bool:
    return one.start < other.end and other.start < one.end
