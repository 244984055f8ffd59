"""How written rows lie over real ones: precision, recall and coverage by k-nearest balls.

A row's ball reaches to its k-th nearest neighbour among the rows of its own set. Precision and
recall are those of Kynkäänniemi et al. 2019 (arXiv 1904.06991, eq. 1 and 2), coverage that of Naeem
et al. 2020 (arXiv 2002.09797, eq. 6). Near is a large cosine, which on unit vectors is the same
order as a small Euclidean distance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from student.representation.nearness import BLOCK

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors

K = 5
"""As in Naeem et al."""
_EQUAL = 1e-6
"""Cosines that differ by less are equal: the same pair comes out otherwise in another block."""


class Overlap(NamedTuple):
    """Shares in [0, 1]."""

    precision: float
    """Of written rows in the ball of some real row: they look real."""
    recall: float | None
    """Of real rows in the ball of some written row; None where k or fewer rows are written."""
    coverage: float
    """Of real rows with some written row in their ball. It bears outliers among the written rows,
    whose large balls make recall too good."""


def overlap(written: Vectors, real: Vectors, k: int = K) -> Overlap | None:
    """Written rows held against real ones.

    Args:
        written: Embeddings of length one, [rows, width].
        real: Likewise.
        k: Neighbours that a ball reaches over, at least 1.

    Returns:
        None where nothing is written, or where there are k or fewer real rows.
    """
    if not len(written) or len(real) <= k:
        return None
    real_edges = ball_edges(real, k)
    own_edges = ball_edges(written, k) if len(written) > k else None
    looks_real = 0
    covered = np.zeros(len(real), dtype=bool)
    recalled = np.zeros(len(real), dtype=bool)
    for start in range(0, len(written), BLOCK):
        cosines = written[start : start + BLOCK] @ real.T
        inside = cosines >= real_edges - _EQUAL
        looks_real += int(inside.any(axis=1).sum())
        covered |= inside.any(axis=0)
        if own_edges is not None:
            reach = own_edges[start : start + BLOCK, None]
            recalled |= (cosines >= reach - _EQUAL).any(axis=0)
    return Overlap(
        precision=looks_real / len(written),
        recall=None if own_edges is None else float(recalled.mean()),
        coverage=float(covered.mean()),
    )


def ball_edges(units: Vectors, k: int) -> Vectors:
    """The cosine of each row to its k-th nearest other row, float32 [rows]; more than k rows."""
    found = []
    for start in range(0, len(units), BLOCK):
        cosines = units[start : start + BLOCK] @ units.T
        places = np.arange(len(cosines))
        cosines[places, start + places] = -np.inf  # no row is its own neighbour
        found.append(np.partition(cosines, -k, axis=1)[:, -k])
    return np.concatenate(found)
