"""Rows a step on which lowers the gold rows' loss, by all weights."""

from __future__ import annotations

from collections.abc import Sequence

from evokd.tasks.example import Example
from student.selection.memory.student_view import Floats
from student.selection.memory.towards_gold import TowardsGold


class Influence(TowardsGold):
    """ProGen's influence (Ye et al. 2022, 2210.12329): TracIn by all weights.

    The gold rows' loss is the reverse cross-entropy, which bears wrong labels among them; see
    `student.selection.influence`. It takes a backward pass over gold and two forward passes.
    """

    name = "influence"
    needs = frozenset({"helpfulness", "gold"})

    def _worth(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """Drop of the gold rows' mean loss per unit of learning rate, to first order."""
        return self.student.helpfulness(rows, gold)
