"""No augmentation: the seed shots alone, with `student.steps` for as long as the others train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evokd.tasks.example import Example
from graph.methods.rival import Rival
from student.encoder.training_plan import TrainingPlan, warm_up_plan

if TYPE_CHECKING:
    from graph.core.run_context import RunContext


class NoAug(Rival):
    """Writes nothing."""

    name = "no_aug"
    indifferent = frozenset({"budget"})

    def warm_up(self, run: RunContext, rows: Sequence[Example]) -> TrainingPlan:
        """All steps at once: no round follows."""
        return warm_up_plan(self.config.student, rows, whole=True)
