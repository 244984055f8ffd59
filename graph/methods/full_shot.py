"""Full shot: the whole training set with its gold labels. A reference, not a rival."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evokd.tasks.example import Example
from evokd.tasks.task import full_rows
from graph.methods.rival import Rival
from student.encoder.training_plan import TrainingPlan, full_plan

if TYPE_CHECKING:
    from graph.core.run_context import RunContext


class FullShot(Rival):
    """Writes nothing; trains by epochs, for equal steps would starve it."""

    name = "full_shot"
    indifferent = frozenset({"shots", "budget"})
    reference = True

    def warm_up(self, run: RunContext, rows: Sequence[Example]) -> TrainingPlan:
        """See `LoopMethod`: all training rows but those that equal a held-out one."""
        return full_plan(self.config.student, full_rows(run.task))
