"""How often weak learners that never saw a row agree with its label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evokd.tasks.example import Example
from student.selection.memory.classes import numbered
from student.selection.memory.memory import ONE_CLASS, Memory
from student.selection.memory.student_view import Floats, Places, Vectors
from student.unit import unit_vectors

BAGS = 100
"""Weak learners."""
K = 5
"""Neighbours that vote in each of them."""
REACH = 128
"""Nearest rows of each row that are looked through for its neighbours in a bag: with more rows than
that, fewer than 5 of them in a bag of as many draws is a matter of 1 in 10^45."""
CHUNK = 1024
"""Rows of one step of the neighbours' search."""
UNKNOWN = 0.5
"""Of a row that was in every bag, or is alone."""


class DataOob(Memory):
    """Data-OOB (Kwon & Zou 2023, 2304.07718, section 3), with k-NN learners on embeddings.

    The published weak learners are decision trees; nearest neighbours by cosine of the student's
    embeddings need no fit. No gold rows: the rows judge each other.
    """

    name = "data_oob"
    needs = frozenset({"embeddings"})
    kinds = ONE_CLASS

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """Share of the learners without a row that give it its label, in [0, 1].

        The bags follow from the seed, the number of rows and their order.
        """
        if not rows:
            return np.zeros(0)
        bags = draw_bags(len(rows), BAGS, self.seed)
        vectors = self.student.embeddings(rows)
        return out_of_bag(vectors, numbered(rows, self.stratum), bags, K)


def draw_bags(rows: int, bags: int, seed: int) -> npt.NDArray[np.int64]:
    """How often each bag holds each row, [bags, rows]: as many draws with replacement as rows."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(rows, size=(bags, rows))
    return np.stack([np.bincount(one, minlength=rows) for one in drawn])


def out_of_bag(rows: Vectors, classes: Places, bags: npt.NDArray[np.int64], k: int) -> Floats:
    """Share of right answers by the learners whose bag lacks the row, float64 [rows].

    A learner gives the class of most of the k nearest draws of its bag, a row that was drawn twice
    being two of them; of equally frequent classes the first.

    Args:
        rows: float32 [rows, width].
        classes: int [rows], from 0.
        bags: int [bags, rows], how often each bag holds each row.
        k: Neighbours; all of a bag where it holds fewer.
    """
    near = neighbours(rows, min(REACH, len(rows) - 1))
    names = np.arange(classes.max() + 1)
    labels = classes[near][:, :, None] == names
    right, judged = np.zeros(len(rows)), np.zeros(len(rows))
    for bag in bags:
        out = np.flatnonzero(bag == 0)
        held = bag[near[out]]
        before = np.cumsum(held, axis=1) - held
        voting = np.clip(k - before, 0, held)
        last = int(np.max(np.flatnonzero(voting.any(axis=0)), initial=0)) + 1
        votes = np.einsum("rn,rnc->rc", voting[:, :last], labels[out, :last])
        voted = votes.any(axis=1)
        right[out] += voted & (votes.argmax(1) == classes[out])
        judged[out] += voted
    return np.where(judged > 0, right / np.maximum(judged, 1), UNKNOWN)


def neighbours(rows: Vectors, count: int) -> Places:
    """The nearest other rows of each by cosine, nearest first, int [rows, count].

    Of equally near rows the first is nearer.
    """
    units = unit_vectors(rows)
    found = np.empty((len(rows), count), dtype=np.intp)
    for start in range(0, len(rows), CHUNK):
        near = units[start : start + CHUNK] @ units.T
        own = np.arange(len(near))
        near[own, start + own] = -np.inf
        found[start : start + CHUNK] = np.argsort(-near, axis=1, kind="stable")[:, :count]
    return found
