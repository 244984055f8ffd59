"""ProGen's choice: the rows that helped the student most become examples in later prompts.

Published (Ye et al. 2022, HKUNLP/ProGen): of each class the 50 rows of highest influence, helpful
ones only; a prompt that carries examples draws 8 of its class from them at random. Influence is
`student.selection.influence.helpfulness`. At a few dozen rows fifty a class would be all of them,
so the caller says how many; a small pool shows the same rows again and again, which narrows what is
written next: that is what scaling down costs.

Pure: rows and numbers in, rows out, determined by the generator given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from random import Random
from typing import TypeVar

from evokd.tasks.example import Example

T = TypeVar("T")


def split(
    rows: Sequence[Example], rng: Random, *, share: float = 0.5
) -> tuple[list[Example], list[Example]]:
    """Validation rows and candidates, every row in one of them.

    Each class gives its share, so that a dozen rows still validate all classes (published: a
    plain random split of 2,000). Both lists keep the order of `rows`; neither is empty when there
    are two rows or more.

    Args:
        rows: In an order that doesn't change, or the same seed gives another split.
        rng: Decides which rows.
        share: Of the rows that validate, in (0, 1).
    """
    if not 0 < share < 1:
        raise ValueError(f"share: expected 0 < share < 1, got {share}")
    by_label: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        by_label.setdefault(row.label, []).append(at)
    drawn = [rng.sample(places, len(places)) for _, places in sorted(by_label.items())]
    turns = [at for turn in zip_longest(*drawn) for at in turn if at is not None]
    count = min(max(1, round(share * len(rows))), len(rows) - 1) if len(rows) > 1 else 0
    chosen = set(turns[:count])
    validation = [row for at, row in enumerate(rows) if at in chosen]
    return validation, [row for at, row in enumerate(rows) if at not in chosen]


def pick_helpful(rows: Sequence[Example], worth: Sequence[float], per_class: int) -> list[Example]:
    """The most helpful rows of each class, at most `per_class`, the most helpful first.

    A row without a positive helpfulness is no example, so a class may have none. Equal ones stay
    in the order of `rows`.
    """
    ranked = sorted(zip(worth, rows, strict=True), key=lambda pair: -pair[0])
    taken: dict[str, int] = {}
    chosen = []
    for value, row in ranked:
        if value > 0 and taken.get(row.label, 0) < per_class:
            taken[row.label] = taken.get(row.label, 0) + 1
            chosen.append(row)
    return chosen


def draw_examples(
    helpful: Mapping[str, Sequence[T]], label: str, *, count: int, share: float, rng: Random
) -> list[T]:
    """The examples of one prompt for a class: none with probability 1 - `share`.

    Args:
        helpful: Rows of each class, as `pick_helpful` chose them.
        label: The class to be written.
        count: Rows a prompt carries (published: 8); all of them when there are fewer.
        share: Of prompts that carry examples (published: 0.5).
        rng: Decides both, in the order the prompts are made.
    """
    pool = helpful.get(label, ())
    if not pool or rng.random() >= share:
        return []
    return rng.sample(list(pool), min(count, len(pool)))
