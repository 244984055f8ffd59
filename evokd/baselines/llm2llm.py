"""LLM2LLM (Lee et al. 2024, arXiv 2403.15042): more rows like the seed rows that were wrong.

Each step the student is trained from base on seed and all written rows, and takes the seed rows as
an examination; only gold rows provoke new ones, `rows_per_error` each, labelled as the gold row is.
The teacher sees text and label, never the wrong answer. A student that gets every seed row right
leaves nothing to do, which at one shot is soon.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.writer import Commission
from evokd.baselines.rouge import rouge_l
from evokd.tasks.example import Example


def commissions(wrong: Sequence[Example], *, rows: int, per_call: int) -> list[Commission]:
    """Calls for `rows` texts like each seed row that was wrong."""
    return [
        Commission(row.label, min(per_call, rows - start), (row.text,), (row.id,))
        for row in wrong
        for start in range(0, rows, per_call)
    ]


class RougeIndex:
    """The published filter: a row repeats another when their ROUGE-L is above a limit."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        """Remember a text."""
        self._texts.append(text)

    def twin(self, text: str) -> str | None:
        """The first text that this one repeats."""
        return next((one for one in self._texts if rouge_l(text, one) > self._limit), None)
