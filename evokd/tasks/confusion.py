"""What students take for what: counts of right classes against said ones, over some rows.

Kept as numbers alone, a line a round: no text and no row's id. A class that is missing on one side
(an entity that was not found, a label too many) is counted against none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.tasks.example import Example
from evokd.tasks.formats.task_format import TaskFormat
from evokd.tasks.metrics import ClassScores

Pair = tuple[str | None, str | None]
"""The right class and the one that was said; None: there is none on this side."""


@dataclass(frozen=True)
class Confusion:
    """Counts of pairs."""

    classes: tuple[str, ...]
    """In the order of the task."""
    counts: Mapping[Pair, int]
    """Pairs that occur; both of them are in `classes`, or None."""

    @property
    def total(self) -> int:
        """Of all pairs: rows, for kinds with one class a row."""
        return sum(self.counts.values())

    def to_json(self) -> dict[str, Any]:
        """`{"classes": [...], "counts": [[right, said, n], ...]}`, places instead of names."""
        place: dict[str | None, int | None] = {name: at for at, name in enumerate(self.classes)}
        place[None] = None
        found = [[place[right], place[said], n] for (right, said), n in self.counts.items()]
        return {"classes": list(self.classes), "counts": sorted(found, key=_places)}

    @classmethod
    def from_json(cls, data: Any) -> Confusion:
        """The inverse of `to_json`.

        Raises:
            ValueError: no such counts.
        """
        try:
            classes = tuple(str(name) for name in data["classes"])
            names: dict[int | None, str | None] = dict(enumerate(classes))
            names[None] = None
            counts = {(names[right], names[said]): int(n) for right, said, n in data["counts"]}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no confusion: {error!r}") from None
        if any(n < 1 for n in counts.values()):
            raise ValueError("no confusion: a count below 1")
        return cls(classes, counts)

    def report(self) -> dict[str, ClassScores]:
        """Precision, recall, F1 and support of each class, as the task's own report has them."""
        right, said = Counter[str | None](), Counter[str | None]()
        for (gold, guess), n in self.counts.items():
            right[gold] += n
            said[guess] += n
        return {
            name: _scores(self.counts.get((name, name), 0), right[name], said[name])
            for name in self.classes
        }


def confusion_of(
    task_format: TaskFormat, rows: Sequence[Example], predicted: Sequence[str]
) -> Confusion | None:
    """The counts of some answers; None for kinds without classes (numbers).

    Args:
        task_format: Of the task, which says what the classes of an answer are.
        rows: With their right answers.
        predicted: The student's, one a row.
    """
    counts = Counter[Pair]()
    for row, answer in zip(rows, predicted, strict=True):
        counts.update(task_format.paired(row.label, answer))
    return Confusion(tuple(task_format.labels), counts) if counts else None


def _places(line: Sequence[int | None]) -> tuple[float, ...]:
    return tuple(float("inf") if place is None else place for place in line)


def _scores(hits: int, right: int, said: int) -> ClassScores:
    return ClassScores(
        precision=hits / said if said else 0.0,
        recall=hits / right if right else 0.0,
        f1=2 * hits / (right + said) if right + said else 0.0,
        support=right,
    )
