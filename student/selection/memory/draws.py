"""Draws of rows: the best, in proportion to a weight, and each class as often as the others.

Pure: scores or rows in, places or rows out, determined by the generator given.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from random import Random

from evokd.tasks.example import Example


def top(scores: Sequence[float], n: int, rng: Random) -> list[int]:
    """Places of the `n` highest scores, the highest first; equal ones by chance."""
    chance = rng.sample(range(len(scores)), len(scores))
    return sorted(chance, key=lambda at: -scores[at])[: max(n, 0)]


def proportional(weights: Sequence[float], n: int, rng: Random) -> list[int]:
    """`n` places without replacement, each draw in proportion to the weights that are left.

    By keys log(u) / weight, the highest first (Efraimidis & Spirakis 2006, algorithm A-Res). A
    weight of 0 is drawn only when nothing else is left, by chance.

    Args:
        weights: At least 0.
        n: Places wanted; all of them where there are fewer.
        rng: Asked once a place.
    """

    def key(weight: float) -> tuple[bool, float]:
        u = math.log(1.0 - rng.random())
        return (True, u / weight) if weight > 0 else (False, u)

    keys = [key(weight) for weight in weights]
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=True)[: max(n, 0)]


def lot(seed: int, row: str) -> float:
    """A number in [0, 1) for a row's id: the same whenever and beside whatever it is drawn."""
    digest = hashlib.sha256(f"{seed}\0{row}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def sample_balanced(
    rows: Sequence[Example], k: int, rng: Random, stratum: Callable[[str], str] = str
) -> list[Example]:
    """Draw `k` rows without replacement, each class as often as the others while it has rows.

    What is left over after even shares goes to classes drawn at random, so that no class is
    favoured by its place in the alphabet.
    """
    by_label: dict[str, list[Example]] = {}
    for row in rows:
        by_label.setdefault(stratum(row.label), []).append(row)
    share = dict.fromkeys(by_label, 0)
    left = min(k, len(rows))
    while left > 0:
        open_labels = [label for label in by_label if share[label] < len(by_label[label])]
        if len(open_labels) > left:
            open_labels = rng.sample(open_labels, left)
        for label in open_labels:
            share[label] += 1
        left -= len(open_labels)
    drawn = [row for label, own in by_label.items() for row in rng.sample(own, share[label])]
    rng.shuffle(drawn)
    return drawn
