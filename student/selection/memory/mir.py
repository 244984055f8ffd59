"""Old rows that learning the new ones would hurt most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.draws import top
from student.selection.memory.memory import Memory
from student.selection.memory.student_view import Floats, StudentView

CANDIDATES = 200
"""Rows drawn at random that are looked at, as in Avalanche."""


class MaximallyInterfered(Memory):
    """Maximally interfered retrieval (Aljundi et al. 2019, 1908.04742, section 3.1).

    A row's interference is l(x; w') - l(x; w), with w' the weights after a virtual step of gradient
    descent on the rows that come in. selection-and-replay.md, section 3.
    """

    name = "mir"
    needs = frozenset({"losses", "losses_after_step", "incoming"})
    places = frozenset({"review"})

    def _begin(self) -> None:
        super()._begin()
        self._newest: list[Example] = []
        self._newest_round = -1

    def observe(
        self, round_number: int, rows: Iterable[Example], student: StudentView | None = None
    ) -> None:
        """Remember rows, and which of them the latest round brought."""
        new = [row for row in rows if row.id not in self._rows]
        if new and round_number > self._newest_round:
            self._newest, self._newest_round = new, round_number
        super().observe(round_number, new, student)

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """Nats of loss that a step on the rows of the latest round observed would add.

        With none observed, zeros.
        """
        return self.interference(rows, self._newest)

    def interference(self, rows: Sequence[Example], incoming: Sequence[Example]) -> Floats:
        """Nats of loss that a step on the incoming rows would add to each row, float64 [rows]."""
        if not rows or not incoming:
            return np.zeros(len(rows))
        after = self.student.losses_after_step(rows, incoming)
        found: Floats = after - self.student.losses(rows)
        return found

    def sample(self, n: int, rng: Random, incoming: Sequence[Example] = ()) -> list[Example]:
        """The most interfered of `CANDIDATES` random rows (or of n, if more), the first foremost.

        The incoming rows themselves are never drawn. Where none come in nothing interferes: any
        rows are as good, and random ones are drawn.
        """
        own = {row.id for row in incoming}
        old = [row for row in self.rows if row.id not in own]
        known = rng.sample(old, min(max(n, CANDIDATES), len(old)))
        scores = self.interference(known, incoming) if n > 0 else np.zeros(len(known))
        return [known[at] for at in top(scores.tolist(), n, rng)]

    def state(self) -> dict[str, Any]:
        """As of any memory, and the rows of the latest round."""
        own = {"newest": [row.id for row in self._newest], "newest_round": self._newest_round}
        return {**super().state(), **own}

    def _restore(self, state: Mapping[str, Any]) -> None:
        super()._restore(state)
        self._newest = [self._rows[row] for row in state["newest"]]
        self._newest_round = int(state["newest_round"])
