"""Which texts stand next to which, by cosine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from student.unit import unit_vectors

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors


class Found(NamedTuple):
    """A text that was offered, and the one it was found near to, by their places."""

    offered: int
    sought: int


def nearest(sought: Vectors, offered: Vectors, n: int) -> list[Found]:
    """At most `n` of the offered texts, each once.

    Each of the sought texts in turn takes the nearest that is left, so that one with many
    neighbours doesn't take the places of the others.

    Args:
        sought: Embeddings of what is sought, float [texts, width]; the first one begins.
        offered: Of what there is, float [texts, width].
        n: How many are wanted.
    """
    n = min(n, len(offered))
    if n < 1 or not len(sought):
        return []
    likeness = unit_vectors(sought) @ unit_vectors(offered).T
    # nobody gets more than all, and with n nearest of its own each still finds one that is left
    queues = [iter(_largest(row, n)) for row in likeness]
    found: list[Found] = []
    taken: set[int] = set()
    while len(found) < n:
        for place, queue in enumerate(queues):
            mine = next((one for one in queue if one not in taken), None)
            if mine is not None and len(found) < n:
                taken.add(mine)
                found.append(Found(mine, place))
    return found


def nearest_rows(texts: Vectors, rows: Vectors, k: int) -> list[list[int]]:
    """The k rows nearest to each text by cosine, the nearest last; of equals the earliest row.

    Args:
        texts: Embeddings, float [texts, width].
        rows: Of what may be near them, float [rows, width]; one may be near several texts.
        k: At most so many.
    """
    near = unit_vectors(texts) @ unit_vectors(rows).T
    order = np.argsort(-near, axis=1, kind="stable")[:, :k]
    return [[int(place) for place in reversed(line)] for line in order]


def _largest(row: Vectors, n: int) -> list[int]:
    """Places of the `n` largest values, the largest first; of equals the first."""
    few = np.argpartition(-row, n - 1)[:n]
    return [int(place) for place in few[np.lexsort((few, -row[few]))]]
