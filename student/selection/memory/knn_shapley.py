"""What each row adds to a nearest-neighbour classifier of the gold rows: exact Shapley values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.classes import numbered
from student.selection.memory.student_view import Floats, Places, Vectors
from student.selection.memory.towards_gold import TowardsGold
from student.unit import unit_vectors

K = 5
"""Neighbours that vote."""
CHUNK = 64
"""Gold rows of one step: with 10,000 rows, some 20 MB."""


class KnnShapley(TowardsGold):
    """KNN-Shapley (Jia et al. 2019, 1908.08619, theorem 1), by cosine of the student's embeddings.

    selection-and-replay.md, section 1.
    """

    name = "knn_shapley"
    needs = frozenset({"embeddings", "gold"})

    def _worth(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """Shapley value of each row among `rows`: their sum is the classifier's score on gold."""
        vectors = self.student.embeddings([*rows, *gold])
        classes, n = numbered([*rows, *gold], self.stratum), len(rows)
        return knn_shapley(vectors[:n], classes[:n], vectors[n:], classes[n:])


def knn_shapley(
    rows: Vectors, classes: Places, gold: Vectors, gold_classes: Places, k: int = K
) -> Floats:
    """Exact Shapley values of rows, mean over the gold rows, float64 [rows].

    The worth of a set S for a gold row is 1/k times the number of its min(k, |S|) nearest rows of
    S that have the gold row's class. With the N rows from near to far and m_i = 1 where row i has
    that class:

        s_N = m_N min(k, N) / (k N)
        s_i = s_(i+1) + (m_i - m_(i+1)) / k  min(k, i) / i

    Nearness is cosine; of equally near rows the first is nearer. O(N log N) for each gold row.

    Args:
        rows: float32 [N, width].
        classes: int [N].
        gold: float32 [gold, width], one or more.
        gold_classes: int [gold].
        k: Neighbours, at least 1; it may be more than N.
    """
    n, of = len(rows), unit_vectors(rows).T
    places = np.arange(1, n + 1)
    share = np.minimum(k, places) / (places * k)
    total = np.zeros(n)
    for start in range(0, len(gold), CHUNK):
        near = unit_vectors(gold[start : start + CHUNK]) @ of
        order = np.argsort(-near, axis=1, kind="stable")
        match = (classes[order] == gold_classes[start : start + CHUNK, None]).astype(np.float64)
        steps = match * share
        steps[:, :-1] -= match[:, 1:] * share[:-1]
        values = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
        total += np.bincount(order.ravel(), weights=values.ravel(), minlength=n)
    return total / len(gold)
