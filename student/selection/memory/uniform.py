"""Random rows: what every policy must beat, at equal size."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.draws import lot
from student.selection.memory.memory import Memory
from student.selection.memory.student_view import Floats


class Uniform(Memory):
    """All rows alike; a row's score is a lot that its id and the seed decide."""

    name = "uniform"

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """In [0, 1), the same for a row whatever stands beside it."""
        return np.array([lot(self.seed, row.id) for row in rows], dtype=np.float64)

    def sample(self, n: int, rng: Random, incoming: Sequence[Example] = ()) -> list[Example]:
        """Any `n` of them, in random order; the scores have no part in it."""
        return rng.sample(self.rows, min(n, len(self)))
