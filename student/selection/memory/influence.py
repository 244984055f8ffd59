"""Rows a step on which lowers the gold rows' loss, by all weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.memory import ONE_CLASS, Memory
from student.selection.memory.student_view import Floats


class Influence(Memory):
    """ProGen's influence (Ye et al. 2022, 2210.12329): TracIn by all weights.

    The gold rows' loss is the reverse cross-entropy, which bears wrong labels among them; see
    `student.selection.influence`. It takes a backward pass over gold and two forward passes.
    """

    name = "influence"
    needs = frozenset({"helpfulness", "gold"})
    kinds = ONE_CLASS

    def score(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """Drop of the gold rows' mean loss per unit of learning rate, to first order.

        Raises:
            ValueError: no gold.
        """
        self._need_gold(gold)
        return self.student.helpfulness(rows, gold) if rows else np.zeros(0)
