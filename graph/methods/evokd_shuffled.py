"""Control of EvoKD: the marks are dealt out anew, so that prompts read as ever and say nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from agents.records import Marked
from evokd.tasks.formats import TaskFormat
from graph.methods.evokd import EvoKDLoop


class EvoKDShuffled(EvoKDLoop):
    """As many wrong rows as there were, but drawn at random."""

    name = "evokd_shuffled"
    marks = "shuffled"

    def tell(
        self, marked: Sequence[Marked], task_format: TaskFormat, rng: random.Random
    ) -> Sequence[Marked]:
        return shuffled(marked, task_format, rng)


def shuffled(rows: Sequence[Marked], task_format: TaskFormat, rng: random.Random) -> list[Marked]:
    """The same marks on other rows.

    A row that is now wrong gets another label at random as its prediction, a right one its own, so
    the prompt reads as ever and says nothing of the student.
    """
    marks = [row.mark for row in rows]
    rng.shuffle(marks)
    return [
        replace(row, mark=mark, predicted=_verdict(row, mark == "wrong", task_format, rng))
        for row, mark in zip(rows, marks, strict=True)
    ]


def _verdict(row: Marked, wrong: bool, task_format: TaskFormat, rng: random.Random) -> str:
    return task_format.other(row.text, row.label, rng) if wrong else row.label
