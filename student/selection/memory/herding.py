"""Rows whose mean stays close to their class's mean, however few are taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.memory import ONE_SEQUENCE, Memory
from student.selection.memory.student_view import Floats, Vectors
from student.unit import unit_vectors


class Herding(Memory):
    """The exemplars of iCaRL (Rebuffi et al. 2017, 1611.07725, algorithm 4).

    Features are the student's embeddings at length 1. A draw takes each class's next row in turn.
    selection-and-replay.md, section 3.
    """

    name = "herding"
    needs = frozenset({"embeddings"})
    kinds = ONE_SEQUENCE

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """Less the number of rows of its class that herding takes before it: 0, -1, -2 and so on.

        It takes the square of the number of a class's rows: seconds for thousands.
        """
        scores = np.zeros(len(rows))
        if not rows:
            return scores
        vectors = unit_vectors(self.student.embeddings(rows))
        places: dict[str, list[int]] = {}
        for at, row in enumerate(rows):
            places.setdefault(self.stratum(row.label), []).append(at)
        for own in places.values():
            for place, at in enumerate(herd(vectors[own])):
                scores[own[at]] = -place
        return scores


def herd(features: Vectors) -> list[int]:
    """All places in the order that herding takes them.

    The k-th pick minimises |mu - (f(x) + sum of earlier picks) / k|, mu being the mean of all; of
    equals the first is taken.

    Args:
        features: float [rows, width].
    """
    f = np.asarray(features, dtype=np.float64)
    mean, taken = f.mean(0), np.zeros(f.shape[1])
    squared = np.einsum("ij,ij->i", f, f)
    open_rows = np.ones(len(f), dtype=bool)
    order = list[int]()
    for k in range(1, len(f) + 1):
        # k^2 times the squared distance, less what is the same for all
        distance = squared - 2 * (f @ (k * mean - taken))
        best = int(np.where(open_rows, distance, np.inf).argmin())
        open_rows[best] = False
        taken += f[best]
        order.append(best)
    return order
