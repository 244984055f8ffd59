"""What policies share that value rows by what they do for gold rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.memory import ONE_CLASS, Memory
from student.selection.memory.student_view import Floats


class TowardsGold(Memory):
    """A policy for which there is nothing to value rows by without gold ones."""

    kinds = ONE_CLASS

    def score(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """What each row is worth for the gold rows, float64 [rows].

        Raises:
            ValueError: no gold.
        """
        if not gold:
            raise ValueError(f"{self.name}: values rows towards gold ones, and there is none")
        return self._worth(rows, gold) if rows else np.zeros(0)

    @abstractmethod
    def _worth(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """The same, of one row or more and one gold row or more."""
