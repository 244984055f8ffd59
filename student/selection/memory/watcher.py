"""What policies have in common whose scores grow over rounds: each round checks all rows known."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evokd.tasks.example import Example
from student.selection.memory.memory import Memory
from student.selection.memory.student_view import StudentView


class Watcher(Memory):
    """Each row is checked once a round from the round on that brought it."""

    watches = True

    def _begin(self) -> None:
        super()._begin()
        self._checked: dict[str, int] = {}
        """Row → the round of its last check."""

    def observe(
        self, round_number: int, rows: Iterable[Example], student: StudentView | None = None
    ) -> None:
        """Remember rows, and check all that this round hasn't checked yet.

        Raises:
            ValueError: no student.
        """
        super().observe(round_number, rows, student)
        if student is None:
            raise ValueError(f"{self.name}: checks rows in each round; observe with the student")
        due = [row for row in self.rows if self._checked.get(row.id, -1) < round_number]
        if due:
            self._check(due, student)
            self._checked |= dict.fromkeys((row.id for row in due), round_number)

    @abstractmethod
    def _check(self, rows: Sequence[Example], student: StudentView) -> None:
        """Take down what the student makes of rows."""

    def _need_checked(self, rows: Sequence[Example]) -> None:
        unknown = [row.id for row in rows if row.id not in self._checked]
        if unknown:
            raise ValueError(
                f"{self.name}: never observed {', '.join(unknown[:3])}"
                f"{' and others' * (len(unknown) > 3)}; observe rows before they are scored"
            )

    def state(self) -> dict[str, Any]:
        """As of any memory, and the rounds of the last checks."""
        return {**super().state(), "checked": {**self._checked}}

    def _restore(self, state: Mapping[str, Any]) -> None:
        super()._restore(state)
        self._checked = {str(row): int(at) for row, at in state["checked"].items()}
