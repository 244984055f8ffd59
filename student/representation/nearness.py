"""How near rows come to those of another set: cosines to the nearest of them.

Held against test rows it is a gauge of contamination. It is reported and steers nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors

BLOCK = 1024
"""Rows of a matrix of cosines that is in memory at a time: of 10,000 columns, 40 MB."""
HIGH = 0.95
"""The quantile that is told: what the nearest twentieth of the rows reach."""


class Nearness(NamedTuple):
    """Over rows, of each row's cosine to the nearest row of the other set."""

    mean: float
    q95: float
    max: float


def nearest_cosines(units: Vectors, others: Vectors) -> Vectors:
    """Each row's cosine to the nearest of the others, float32 [rows].

    Args:
        units: Embeddings of length one, [rows, width].
        others: Likewise; at least one.
    """
    parts = [
        (units[start : start + BLOCK] @ others.T).max(axis=1)
        for start in range(0, len(units), BLOCK)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


def nearness(cosines: Vectors) -> Nearness | None:
    """What is told of the cosines that `nearest_cosines` gives; None of none."""
    if not len(cosines):
        return None
    exact = cosines.astype(np.float64)
    return Nearness(float(exact.mean()), float(np.quantile(exact, HIGH)), float(exact.max()))
