"""Rows whose gradient points where the gold rows' gradient points."""

from __future__ import annotations

from collections.abc import Sequence

from evokd.tasks.example import Example
from student.selection.memory.student_view import Floats, HeadGradients, outer_products
from student.selection.memory.towards_gold import TowardsGold


class TracIn(TowardsGold):
    """TracIn on the last layer (Pruthi et al. 2020, 2002.08484, sections 3 and 4).

    Its gradients follow from one forward pass; inner products come from their two factors, so no
    gradient is ever built. One checkpoint: the student as it stands (TracInCP sums over several,
    and a memory has but this one); the rate is left out, for it changes no order.
    """

    name = "tracin"
    needs = frozenset({"head_gradients", "gold"})

    def _worth(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """Drop of the gold rows' mean loss per unit of learning rate, to first order."""
        found = self.student.head_gradients([*rows, *gold])
        own, theirs = parted(found, len(rows))
        return outer_products(own, theirs.errors.T @ theirs.inputs / len(gold))


def parted(both: HeadGradients, rows: int) -> tuple[HeadGradients, HeadGradients]:
    """The gradients of the first rows, and those of the others."""
    errors, inputs = both
    return HeadGradients(errors[:rows], inputs[:rows]), HeadGradients(errors[rows:], inputs[rows:])
