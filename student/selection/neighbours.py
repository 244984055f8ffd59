"""What the labelled rows nearest to a text say of its class: a vote weighted by cosine. No tokens.

The weighted k-nearest-neighbour rule (Dudani 1976) on embeddings, with weights exp(cos / τ) as in
Wu et al. 2018 (arXiv 1805.01978).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from student.unit import unit_vectors

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors

SHARPNESS = 0.1
"""τ: a row whose cosine is smaller by so much weighs 1/e as much."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The rows nearest to one text."""

    places: tuple[int, ...]
    """Among the rows, the nearest first; of equals the earliest."""
    shares: dict[str, float]
    """Class → its part of their weight, in (0, 1], the largest first; classes that none of them has
    are left out."""


def neighbours(texts: Vectors, rows: Vectors, labels: Sequence[str], k: int) -> list[Neighbours]:
    """For each text the k rows nearest to it, by cosine, and what their labels say.

    Args:
        texts: Embeddings, float [texts, width].
        rows: Of labelled rows, float [rows, width].
        labels: Of those, in their order.
        k: At most so many.

    Returns:
        One for each text; without any row, nobody says anything.
    """
    if not len(texts):
        return []
    if not len(rows):
        return [Neighbours((), {}) for _ in texts]
    near = unit_vectors(texts).astype(np.float64) @ unit_vectors(rows).astype(np.float64).T
    order = np.argsort(-near, axis=1, kind="stable")[:, :k]
    return [_of_one(line, near[at], labels) for at, line in enumerate(order)]


def _of_one(places: Vectors, near: Vectors, labels: Sequence[str]) -> Neighbours:
    kept = [int(place) for place in places]
    weights = np.exp((near[kept] - near[kept[0]]) / SHARPNESS)
    sums: dict[str, float] = {}
    for place, weight in zip(kept, weights.tolist(), strict=True):
        sums[labels[place]] = sums.get(labels[place], 0.0) + weight
    total = sum(sums.values())
    ranked = sorted(sums.items(), key=lambda item: -item[1])
    return Neighbours(tuple(kept), {label: weight / total for label, weight in ranked})
