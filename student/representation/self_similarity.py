"""How alike rows are: the mean cosine of all pairs, without making the pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors


def self_similarity(units: Vectors) -> float | None:
    """Mean cosine over pairs of two different rows, in [-1, 1]; None for fewer than two.

    The sum over all pairs is the squared length of the rows' sum, less each row with itself.

    Args:
        units: Embeddings of length one, [rows, width].
    """
    rows = len(units)
    if rows < 2:
        return None
    exact = units.astype(np.float64)
    total = exact.sum(axis=0)
    return float((total @ total - (exact * exact).sum()) / (rows * (rows - 1)))
