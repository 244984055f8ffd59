"""Rows the student knew and lost again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.memory import ONE_DISTRIBUTION
from student.selection.memory.student_view import Floats, StudentView
from student.selection.memory.watcher import Watcher

NEVER_LEARNT = 1000.0
"""Score of a row that no check found right, as in dataset cartography's code."""


class Forgetting(Watcher):
    """Forgetting events (Toneva et al. 2019, 1812.05159, section 3), one check a round.

    An event is a check that finds a row wrong which the last one found right. A row that was never
    right stands above all others: it is hard, or its label is wrong; `never_learnt` tells which
    rows those are. selection-and-replay.md, section 1.
    """

    name = "forgetting"
    needs = frozenset({"log_probabilities"})
    kinds = ONE_DISTRIBUTION

    def _begin(self) -> None:
        super()._begin()
        self._events: dict[str, int] = {}
        self._right: dict[str, bool] = {}
        """At the last check."""
        self._learnt: dict[str, None] = {}

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """Events; `NEVER_LEARNT` for a row that was right in no check.

        Raises:
            ValueError: a row that was never observed.
        """
        self._need_checked(rows)
        never = self.never_learnt(rows)
        found = zip(rows, never, strict=True)
        return np.array([NEVER_LEARNT if un else self._events[row.id] for row, un in found], float)

    def never_learnt(self, rows: Sequence[Example]) -> list[bool]:
        """Whether no check found the row right."""
        return [row.id not in self._learnt for row in rows]

    def _check(self, rows: Sequence[Example], student: StudentView) -> None:
        said = student.log_probabilities(rows).argmax(1)
        for row, right in zip(rows, said == student.targets(rows), strict=True):
            lost = self._right.get(row.id, False) and not right
            self._events[row.id] = self._events.get(row.id, 0) + lost
            self._right[row.id] = bool(right)
            if right:
                self._learnt[row.id] = None

    def state(self) -> dict[str, Any]:
        """As of any memory, and what the checks found of each row."""
        own = {"events": {**self._events}, "right": {**self._right}, "learnt": [*self._learnt]}
        return {**super().state(), **own}

    def _restore(self, state: Mapping[str, Any]) -> None:
        super()._restore(state)
        self._events = {str(row): int(n) for row, n in state["events"].items()}
        self._right = {str(row): bool(right) for row, right in state["right"].items()}
        self._learnt = dict.fromkeys(map(str, state["learnt"]))
