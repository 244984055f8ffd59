"""The student's verdicts after the round's training, so that a text's effect can be seen.

Asked of the rows it just trained on, and of those of the round before (in round 1 the seed), whose
errors the round's texts answer. It costs predictions on at most two batches and no tokens, and goes
into the trace alone: no prompt, no selection and no stopping rule sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agents.records import Candidate
from evokd.store.events import Retested
from evokd.tasks.example import Example
from graph.core.losses import losses_of
from graph.core.node_context import NodeContext
from graph.core.rows import example
from student.results import Prediction


async def evaluate_after_training(
    node: NodeContext,
    batch: Sequence[Candidate],
    before: Sequence[Candidate],
    dropped: Collection[str] = (),
) -> dict[str, float]:
    """Trace the verdicts on the batch, on the rows before it, and on the seed rows it answers.

    Gives the losses of these rows, nats, by id.

    Args:
        node: The trainer.
        batch: Rows accepted in this round.
        before: Those of the round before.
        dropped: Ids of rows that were not trained on after all.
    """
    run, number = node.run, node.edge.round
    parents = {parent for row in batch for parent in row.draft.parents}
    seeds = [row for row in node.seeds if number == 1 or row.id in parents]
    rows = [*seeds, *map(example, before), *map(example, batch)]
    predictions, logs = await run.students.verdicts([row.text for row in rows], number)
    trained = {row.draft.row for row in batch} - {*dropped}
    for row, prediction in zip(rows, predictions, strict=True):
        node.emit(retested(row, prediction, trained=row.id in trained))
    return losses_of(rows, logs, node.task_format.labels)


def retested(row: Example, prediction: Prediction, *, trained: bool) -> Retested:
    """The trace event of a verdict after training."""
    return Retested(
        row=row.id,
        label=row.label,
        predicted=prediction.label,
        confidence=round(prediction.confidence, 4),
        trained=trained,
    )
