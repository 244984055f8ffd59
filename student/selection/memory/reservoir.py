"""A buffer of fixed size in which each row seen so far is as likely as the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.memory import Memory, Stratum
from student.selection.memory.student_view import Floats

CAPACITY = 200
"""Rows of the buffer."""


class Reservoir(Memory):
    """Algorithm R (Vitter 1985), as in experience replay (Chaudhry et al. 2019, 1902.10486).

    Row n, from 0, of a buffer of M: if n < M it is stored at n, else j is drawn from 0..n, and row
    n takes slot j if j < M. So each row seen is held with probability M / (n + 1). The lot of row n
    follows from the seed and n alone. selection-and-replay.md, section 3.
    """

    name = "reservoir"
    places = frozenset({"review"})

    def __init__(
        self,
        rows: Iterable[Example] = (),
        *,
        gold: Sequence[Example] = (),
        stratum: Stratum = str,
        seed: int = 0,
        capacity: int = CAPACITY,
    ) -> None:
        """Args.

        rows, gold, stratum, seed: as for any memory.
        capacity: rows the buffer holds, at least 1.
        """
        if capacity < 1:
            raise ValueError(f"capacity: expected 1 or more, got {capacity}")
        self.capacity = capacity
        super().__init__(rows, gold=gold, stratum=stratum, seed=seed)

    def _begin(self) -> None:
        super()._begin()
        self._seen: dict[str, None] = {}
        self._slots: list[str] = []

    def score(self, rows: Sequence[Example], gold: Sequence[Example] = ()) -> Floats:
        """1 for a row that the buffer holds, else 0."""
        return np.array([float(row.id in self._rows) for row in rows], dtype=np.float64)

    def sample(self, n: int, rng: Random, incoming: Sequence[Example] = ()) -> list[Example]:
        """Any `n` rows of the buffer, in random order."""
        return rng.sample(self.rows, min(n, len(self)))

    def state(self) -> dict[str, Any]:
        """As of any memory, and the ids of all rows seen, in their order."""
        own = {"capacity": self.capacity, "slots": [*self._slots], "seen": [*self._seen]}
        return {**super().state(), **own}

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.capacity = int(state["capacity"])
        self._seen = dict.fromkeys(map(str, state["seen"]))
        self._slots = [*map(str, state["slots"])]
        self._rows = {row.id: row for row in map(Example.from_json, state["rows"])}

    def _add(self, rows: Iterable[Example]) -> None:
        for row in rows:
            if row.id not in self._seen:
                self._store(row, len(self._seen))
                self._seen[row.id] = None

    def _store(self, row: Example, number: int) -> None:
        if number < self.capacity:
            self._slots.append(row.id)
            self._rows[row.id] = row
            return
        slot = Random(f"reservoir/{self.seed}/{number}").randrange(number + 1)
        if slot < self.capacity:
            del self._rows[self._slots[slot]]
            self._slots[slot] = row.id
            self._rows[row.id] = row
