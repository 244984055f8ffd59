"""Rows the student finds hard: the control that any cleverer choice must beat."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.draws import proportional
from student.selection.memory.memory import Memory
from student.selection.memory.student_view import Floats


class Loss(Memory):
    """Loss-ranked (selection-and-replay.md, section 1): -log p of the row's label.

    Wrong labels have high losses, too.
    """

    name = "loss"
    needs = frozenset({"losses"})

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """Cross-entropy, nats."""
        return self.student.losses(rows) if rows else np.zeros(0)

    def sample(self, n: int, rng: Random, incoming: Sequence[Example] = ()) -> list[Example]:
        """`n` rows, each draw in proportion to the losses of those left.

        Proportional prioritisation (Schaul et al. 2016, 1511.05952, equation 1, alpha 1): the
        hardest alone would be the same rows, wrong labels among them, in every round.
        """
        known = self.rows
        return [known[at] for at in proportional(self.score(known).tolist(), n, rng)]
