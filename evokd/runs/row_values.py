"""What `loop.keep` thought of the accepted rows: their scores, and which of them stayed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evokd.runs.dataset import SyntheticRow, read_dataset
from evokd.runs.files import Unreadable
from evokd.runs.run import Run, mapping

BINS = 16
SHOWN = 10
"""Rows at either end that are named."""


@dataclass(frozen=True)
class RowValues:
    """Scores of a run's rows; higher is kept."""

    policy: str
    """Its name says what a score counts."""
    rows: tuple[SyntheticRow, ...]
    """With a finite score, the best first."""
    unscored: int
    """Accepted rows without one."""

    @property
    def best(self) -> tuple[SyntheticRow, ...]:
        return self.rows[:SHOWN]

    @property
    def worst(self) -> tuple[SyntheticRow, ...]:
        """The worst first; none that is among the best."""
        return tuple(reversed(self.rows[max(SHOWN, len(self.rows) - SHOWN) :]))

    @property
    def gone(self) -> int:
        """Of the scored rows, those that are not trained on."""
        return sum(not row.kept for row in self.rows)

    def bins(self, most: int = BINS) -> list[tuple[float, float, int, int]]:
        """(from, to, kept, not kept) of bins of equal width, the lowest first."""
        scores = [row.score or 0.0 for row in self.rows]
        low, high = min(scores), max(scores)
        width = (high - low) / most
        if width <= 0:
            return [(low, high, len(scores) - self.gone, self.gone)]
        found = [[0, 0] for _ in range(most)]
        for row, score in zip(self.rows, scores, strict=True):
            found[min(most - 1, int((score - low) / width))][not row.kept] += 1
        return [
            (low + at * width, low + (at + 1) * width, kept, gone)
            for at, (kept, gone) in enumerate(found)
        ]


def read_row_values(run: Run) -> RowValues | None:
    """None where nobody chose, or nothing has a score."""
    keep = mapping(mapping(run.config.get("loop")).get("keep"))
    if not keep:
        return None
    try:
        rows, _ = read_dataset(run)
    except Unreadable:
        return None
    scored = [row for row in rows if row.score is not None and math.isfinite(row.score)]
    if not scored:
        return None
    ordered = sorted(scored, key=lambda row: (-(row.score or 0.0), row.row))
    return RowValues(str(keep.get("policy") or "unknown"), tuple(ordered), len(rows) - len(scored))
