"""What the student's verdicts say about classes: which are taken for which, and how weak each is.

The pure core of the channels `confusions`, `allocation` and `analysis: rules` (`loop.feedback`).
All of it is read off the marked rows that the round before left, and says nothing of test rows.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.records import Marked
from evokd.tasks.formats import TaskFormat


@dataclass(frozen=True, slots=True)
class Confusion:
    """An ordered pair: texts of one class that the student took for another."""

    label: str
    other: str
    count: int


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """What the student says of the rows of each class, without the cells that are empty."""

    pairs: tuple[Confusion, ...]
    """The most frequent first."""
    of: Mapping[str, int]
    """Class → its rows."""

    @classmethod
    def over(
        cls, rows: Sequence[Marked], task_format: TaskFormat, classes: Collection[str], most: int
    ) -> ConfusionMatrix:
        """Count marked rows; `classes` are those that may be named, none means all."""
        pairs = [
            pair
            for pair in confused_pairs(rows, task_format)
            if not classes or {pair.label, pair.other} <= set(classes)
        ]
        of = Counter(name for row in rows for name in task_format.classes(row.label))
        return cls(tuple(pairs[:most]), of)


def confused_pairs(rows: Iterable[Marked], task_format: TaskFormat) -> list[Confusion]:
    """The pairs of the wrong rows, most frequent first, then in the order of the labels.

    Of answers with several classes (entities, heads) every missing class pairs with every one that
    was said in its place; an answer that only misses some makes no pair.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.mark in ("wrong", "confident"):
            gold = task_format.classes(row.label)
            said = task_format.classes(row.predicted)
            counts.update((a, b) for a in gold for b in said if a not in said and b not in gold)
    place = {label: number for number, label in enumerate(task_format.labels)}
    ranked = sorted(counts, key=lambda pair: (-counts[pair], place[pair[0]], place[pair[1]]))
    return [Confusion(a, b, counts[a, b]) for a, b in ranked]


def taken_for(target: str, pairs: Sequence[Confusion], turn: int) -> str | None:
    """The class that a hard text of `target` should look like, both ways round, in turn."""
    others = [pair.other for pair in pairs if pair.label == target]
    others += [pair.label for pair in pairs if pair.other == target]
    others = list(dict.fromkeys(others))
    return others[turn % len(others)] if others else None


def weaknesses(rows: Sequence[Marked], task_format: TaskFormat) -> dict[str, float]:
    """1 − F1 of each class over the rows, in (0, 1).

    Smoothed, F1 = (2·tp + 1) / (2·tp + fp + fn + 2): a class with no rows has 0.5, and one mistake
    in one row doesn't take the whole round.
    """
    hits: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for row in rows:
        gold = set(task_format.classes(row.label))
        said = set(task_format.classes(row.predicted))
        hits.update(gold & said)
        faults.update(gold ^ said)
    return {
        label: 1 - (2 * hits[label] + 1) / (2 * hits[label] + faults[label] + 2)
        for label in task_format.labels
    }


def allocate(total: int, weights: Mapping[str, float], rng: random.Random) -> list[str]:
    """`total` targets in random order, each as often as its weight says, to within one.

    Systematic sampling (Madow 1949): the expected number of each is its exact share.
    """
    names = list(weights)
    largest = max(weights.values())
    if not largest > 0:
        return [names[number % len(names)] for number in range(total)]
    # of the largest, or the share of weights near the smallest float would be rounded to 0
    parts = {name: weight / largest for name, weight in weights.items()}
    step = sum(parts.values()) / max(total, 1)
    point = rng.random() * step
    found: list[str] = []
    reached = 0.0
    for name in names:
        reached += parts[name]
        count = max(0, math.ceil((reached - point) / step))
        found += [name] * min(count, total - len(found))
        point += count * step
    found += names[-1:] * (total - len(found))  # rounding may leave out the last one
    rng.shuffle(found)
    return found
