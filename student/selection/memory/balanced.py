"""Random rows, each class as often as the others."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.draws import lot, sample_balanced
from student.selection.memory.memory import Memory
from student.selection.memory.student_view import Floats


class Balanced(Memory):
    """Classes alike, and within a class all rows."""

    name = "balanced"

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """A lot in [0, 1), less the number of rows of its class that drew a better one.

        So the n highest hold each class as often as the others, as far as it has rows.
        """
        lots = [lot(self.seed, row.id) for row in rows]
        before: dict[str, int] = {}
        scores = np.zeros(len(rows))
        for at in sorted(range(len(rows)), key=lambda at: -lots[at]):
            own = self.stratum(rows[at].label)
            scores[at] = lots[at] - before.get(own, 0)
            before[own] = before.get(own, 0) + 1
        return scores

    def sample(self, n: int, rng: Random, incoming: Sequence[Example] = ()) -> list[Example]:
        """Even shares, in random order; the scores have no part in it."""
        return sample_balanced(self.rows, n, rng, self.stratum)
