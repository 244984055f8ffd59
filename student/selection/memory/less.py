"""Rows whose gradient is most like that of some class's gold rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.classes import numbered
from student.selection.memory.student_view import Floats, HeadGradients, outer_products
from student.selection.memory.towards_gold import TowardsGold
from student.selection.memory.tracin import parted
from student.unit import unit_vectors


class Less(TowardsGold):
    """LESS (Xia et al. 2024, 2402.04333, section 4) on the last layer.

    Gradients are compared at length 1, so a row is not worth more for being long or wrong; the
    classes of the gold rows are the subtasks. Simpler than published: the last layer's exact
    gradients in the place of projected ones of LoRA matrices, plain ones in the place of Adam's
    (each fit begins with a fresh optimiser), and one checkpoint.
    """

    name = "less"
    needs = frozenset({"head_gradients", "gold"})

    def _worth(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """Mean cosine with the gold rows of a class, of the class where it is greatest."""
        errors, inputs = self.student.head_gradients([*rows, *gold])
        own, theirs = parted(HeadGradients(unit_vectors(errors), unit_vectors(inputs)), len(rows))
        classes = numbered(gold, self.stratum)
        cosines = []
        for one in range(classes.max() + 1):
            at = classes == one
            mean = theirs.errors[at].T @ theirs.inputs[at] / at.sum()
            cosines.append(outer_products(own, mean))
        found: Floats = np.max(cosines, axis=0)
        return found
