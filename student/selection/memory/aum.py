"""Rows whose label stood clear of the other answers all along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.memory import ONE_DISTRIBUTION
from student.selection.memory.student_view import Floats, Places, StudentView
from student.selection.memory.watcher import Watcher


class Aum(Watcher):
    """Area under the margin (Pleiss et al. 2020, 2001.10528, equations 1 and 2), a check a round.

    A low one means a label that the student's own answers speak against: a suspect. So what is
    kept or repeated is clean and easy. selection-and-replay.md, section 1.
    """

    name = "aum"
    needs = frozenset({"log_probabilities"})
    kinds = ONE_DISTRIBUTION

    def _begin(self) -> None:
        super()._begin()
        self._margins: dict[str, tuple[float, int]] = {}
        """Row → sum of its margins, checks."""

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """Mean margin over the checks, in logits.

        Raises:
            ValueError: a row that was never observed.
        """
        self._need_checked(rows)
        found = [self._margins[row.id] for row in rows]
        return np.array([total / checks for total, checks in found], dtype=np.float64)

    def _check(self, rows: Sequence[Example], student: StudentView) -> None:
        new = margins(student.log_probabilities(rows), student.targets(rows))
        for row, margin in zip(rows, new.tolist(), strict=True):
            total, checks = self._margins.get(row.id, (0.0, 0))
            self._margins[row.id] = (total + margin, checks + 1)

    def state(self) -> dict[str, Any]:
        """As of any memory, and the sum of each row's margins."""
        return {**super().state(), "margins": {row: [*own] for row, own in self._margins.items()}}

    def _restore(self, state: Mapping[str, Any]) -> None:
        super()._restore(state)
        self._margins = {str(row): (float(m), int(n)) for row, (m, n) in state["margins"].items()}


def margins(logits: Floats, targets: Places) -> Floats:
    """Logit of each row's label less the largest other one, float64 [rows].

    Args:
        logits: float64 [rows, answers], up to a constant in each row; -inf for an answer it lacks.
        targets: int [rows].
    """
    places = np.arange(len(logits))
    others = logits.copy()
    others[places, targets] = -np.inf
    found: Floats = logits[places, targets] - others.max(1)
    return found
