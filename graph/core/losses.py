"""The student's loss on rows that it has given its verdicts on. No tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.records import Marked
from evokd.tasks.example import Example
from graph.core.run_context import RunContext

DIGITS = 4
"""Of a loss in nats, as files keep it."""


async def with_losses(
    run: RunContext, rows: Sequence[Example], marked: Sequence[Marked], round_number: int
) -> list[Marked]:
    """The verdicts, each with the loss of its row.

    Args:
        run: With the student.
        rows: As they were marked, in the same order; of labels that the student knows.
        marked: The verdicts.
        round_number: The round after which the student stood that gave them.
    """
    losses = await run.students.losses(rows, round_number)
    return [
        replace(row, loss=round(loss, DIGITS)) for row, loss in zip(marked, losses, strict=True)
    ]
