"""Which rows of a finished cell a policy of `loop.keep` would have kept, round by round.

The policy is given what the keeper of a run would have had: the rows of a round, the gold rows, and
a student that has learnt what the policy kept before. That student goes on from round to round by
`student.epochs`, whatever the cell's own `student.update` and `student.steps`: a walk then costs
about one fit, not one a round. What the student's weakness did to later prompts stays as it was in
the cell, so a screening says what is worth a run, not what the run would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from evokd.config import KeepConfig
from evokd.studies.run.refits import FinishedCell
from evokd.tasks.continual import known_rows
from evokd.tasks.example import Example
from graph.core.memory import ASKS_NO_STUDENT, check_policy, new_memory
from graph.core.student_store import fit_seed
from graph.methods import method_of
from student.encoder.training_plan import TrainingPlan, run_plan, training_plan, warm_up_plan
from student.selection.held_back import taught
from student.selection.retention import kept_places

if TYPE_CHECKING:
    from student.encoder.encoder import Encoder


def would_keep(cell: FinishedCell, keep: KeepConfig, key: str) -> frozenset[str]:
    """Ids of the rows that stay; those of the warm-up, and rows that are held back, always do.

    Args:
        cell: Whose run let all rows stay.
        keep: Policy and size.
        key: Of the settings, for messages.

    Raises:
        ConfigError: a policy that can't work with this task.
    """
    config = cell.config
    check_policy(config, key, "keep", keep.policy, keep.gold)
    seeds = [*method_of(config).shots(cell.task)]
    gold = seeds if keep.gold == "shots" else known_rows(cell.task.dev or (), cell.form(cell.last))
    memory = new_memory(config, cell.task.task_format, keep.policy, gold)
    staying = [row for number, row in cell.rows if number == 0]
    student = _Walk(cell, seeds, staying) if memory.needs - ASKS_NO_STUDENT else None
    for number in range(1, cell.last + 1):
        batch = [row for written, row in cell.rows if written == number]
        rows = taught(batch, config.student)
        memory.observe(number, rows, student.view if student else None)
        scores = memory.score(rows, gold).tolist() if rows else []
        rng = Random(f"{config.seed}/{number}/keeper")  # that of the node
        kept = {rows[at].id for at in kept_places(rows, scores, keep, rng, memory.stratum)}
        kept |= {row.id for row in batch} - {row.id for row in rows}
        new = [row for row in batch if row.id in kept]
        staying += new
        if student is not None and number < cell.last:
            student.learn(new, number)
    return frozenset(row.id for row in staying)


class _Walk:
    """A student that learns round by round what was kept."""

    def __init__(
        self, cell: FinishedCell, seeds: Sequence[Example], begun: Sequence[Example]
    ) -> None:
        from student.encoder.encoder import Encoder
        from student.selection.memory.encoder_view import EncoderView

        config = cell.config
        self._seed, self._seeds = config.seed, seeds
        self._config = config.student.model_copy(update={"update": "continue", "steps": None})
        self._known = [*begun]
        labels, descriptions = cell.labels(cell.last), cell.task.descriptions
        self._student: Encoder = Encoder.create(
            config.student, labels, config.seed, config.task.kind, descriptions
        )
        self.view: Any = EncoderView(self._student)
        self._fit(warm_up_plan(self._config, [*seeds, *begun]), 0)

    def learn(self, rows: Sequence[Example], number: int) -> None:
        """Go on with the rows that a round kept."""
        plan = training_plan(
            self._config, seed_rows=self._seeds, batch=rows, history=tuple(self._known)
        )
        self._known += rows
        self._fit(plan, number)

    def _fit(self, plan: TrainingPlan, number: int) -> None:
        run_plan(plan, self._student, seed=fit_seed(self._seed, plan, number))
