"""Feedback: what of the student's verdicts the analyst gets to see."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from agents.records import Marked
from evokd.config import LoopConfig
from evokd.tasks.example import Example
from student.results import Prediction


def mark(row: Example, prediction: Prediction) -> Marked:
    """A row is wrong when the student's label differs from the row's."""
    right = prediction.label == row.label
    return Marked(
        row=row.id,
        text=row.text,
        label=row.label,
        predicted=prediction.label,
        margin=prediction.margin,
        mark="right" if right else "wrong",
    )


def shown(rows: Sequence[Marked], loop: LoopConfig, rng: random.Random) -> list[Marked]:
    """A sample within the loop's limits; without the switch `correct` no right rows.

    Confident mistakes (PGKD) are taken out of the wrong rows first, so none is shown twice.
    """
    surest = sorted((row for row in rows if row.mark == "wrong"), key=lambda row: -row.margin)
    confident = {row.row for row in surest[: loop.feedback.confident]}
    rows = [replace(row, mark="confident") if row.row in confident else row for row in rows]
    limits = {
        "right": loop.show_right if loop.switches.correct else 0,
        "wrong": loop.show_wrong,
        "confident": loop.feedback.confident,
        "uncertain": loop.show_wrong,
    }
    chosen: list[Marked] = []
    for kind, limit in limits.items():
        group = [row for row in rows if row.mark == kind]
        chosen += group if len(group) <= limit else rng.sample(group, limit)
    return chosen
