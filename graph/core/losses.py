"""The student's loss on rows that it has given its verdicts on. No tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from agents.records import Marked
from evokd.tasks.example import Example
from graph.core.run_context import RunContext
from graph.core.student_store import LogProbabilities

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


def losses_of(
    rows: Sequence[Example], logs: LogProbabilities | None, labels: Sequence[str]
) -> dict[str, float]:
    """Row id → cross-entropy, nats, out of the pass that gave the verdicts.

    Args:
        rows: In the order of `logs`.
        logs: Log-probabilities of that pass; None of a kind without one distribution a text.
        labels: In the order of the student's answers; a label that it did not know yet has no loss.
    """
    if logs is None:
        return {}
    places = {label: place for place, label in enumerate(labels)}
    found = {}
    for row, log in zip(rows, logs, strict=True):
        place = places.get(row.label)
        if place is not None and place < len(log) and math.isfinite(log[place]):
            found[row.id] = round(max(0.0, -float(log[place])), DIGITS)
    return found
