"""Pairs of rows to contrast: those of one class, those of two, and how many of each.

As in SetFit 1.x: a row makes a pair with itself too; pairs are drawn without repeats until all
have been, then again in the same order. They are drawn by number, never listed: ten thousand rows
make fifty million.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from math import isqrt
from random import Random
from typing import NamedTuple

from evokd.config.contrastive import ContrastiveConfig


class PairCounts(NamedTuple):
    """Pairs of an epoch."""

    same: int
    """Of one class."""
    other: int
    """Of two classes."""


class Pair(NamedTuple):
    """Places of two rows, and whether they are of one class."""

    first: int
    second: int
    same: bool


def different_pairs(classes: Sequence[object]) -> PairCounts:
    """Pairs of rows there are, each counted once, a row with itself among them."""
    sizes = [len(places) for places in _by_class(classes)]
    same = sum(n * (n + 1) // 2 for n in sizes)
    return PairCounts(same, len(classes) * (len(classes) + 1) // 2 - same)


def epoch_pairs(config: ContrastiveConfig, classes: Sequence[object]) -> PairCounts:
    """Pairs of an epoch; of rows of one class there are none of two."""
    there = different_pairs(classes)
    if config.iterations is not None:
        n = config.iterations * len(classes)
        return PairCounts(n, n if there.other else 0)
    if config.sampling == "unique" or not there.other:
        return there
    n = max(there) if config.sampling == "oversampling" else min(there)
    return PairCounts(n, n)


def draw_pairs(classes: Sequence[object], counts: PairCounts, rng: Random) -> list[Pair]:
    """So many pairs of each sort, in random order.

    Args:
        classes: Of each row.
        counts: Pairs wanted; those of two classes only where there are two.
        rng: Of the draw and the order.
    """
    groups, there = _by_class(classes), different_pairs(classes)
    same = [Pair(*_same(groups, k), True) for k in _numbers(there.same, counts.same, rng)]
    other = [Pair(*_other(groups, k), False) for k in _numbers(there.other, counts.other, rng)]
    pairs = same + other
    rng.shuffle(pairs)
    return pairs


def share_of(counts: PairCounts, wanted: int) -> PairCounts:
    """As many pairs as wanted, in the proportion of an epoch."""
    same = round(wanted * counts.same / sum(counts))
    return PairCounts(same, wanted - same)


def _numbers(there: int, wanted: int, rng: Random) -> list[int]:
    drawn = rng.sample(range(there), min(there, wanted))
    return [drawn[i % there] for i in range(wanted)]


def _by_class(classes: Sequence[object]) -> list[list[int]]:
    found: dict[object, list[int]] = defaultdict(list)
    for place, one in enumerate(classes):
        found[one].append(place)
    return list(found.values())


def _same(groups: Sequence[Sequence[int]], number: int) -> tuple[int, int]:
    """The pair of that number: class after class, in each (0, 0), (1, 0), (1, 1) and so on."""
    for places in groups:
        size = len(places) * (len(places) + 1) // 2
        if number < size:
            row = (isqrt(8 * number + 1) - 1) // 2
            return places[row], places[number - row * (row + 1) // 2]
        number -= size
    raise IndexError(number)


def _other(groups: Sequence[Sequence[int]], number: int) -> tuple[int, int]:
    for one, two in combinations(groups, 2):
        if number < len(one) * len(two):
            return one[number // len(two)], two[number % len(two)]
        number -= len(one) * len(two)
    raise IndexError(number)
