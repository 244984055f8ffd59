"""What a run's row weights were, and what they did: from the rounds' lines in metrics.jsonl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evokd.runs.run import Run, mapping, number

QUARTERS = ("lightest", "light", "heavy", "heaviest")
"""Of a round's new rows, parted at the quartiles of their weights."""


@dataclass(frozen=True)
class WeightQuarter:
    """Rows that weigh alike; None where there are none."""

    rows: int
    weight: float | None
    """Mean."""
    before: float | None
    """Mean loss before the fit, nats."""
    after: float | None

    @property
    def fall(self) -> float | None:
        """By how much the loss fell."""
        if self.before is None or self.after is None:
            return None
        return self.before - self.after


@dataclass(frozen=True)
class RoundWeights:
    """A round whose fit weighed its rows."""

    round: int
    rows: int
    """That had a weight, of all rounds."""
    min: float | None
    q1: float | None
    median: float | None
    q3: float | None
    max: float | None
    effective: float | None
    """(Σw)² / Σw²: so many rows of equal weight tell as much."""
    quarters: tuple[WeightQuarter, ...]
    """From the lightest to the heaviest."""
    score: float | None
    """The task's metric on test, after the fit."""


def read_row_weights(run: Run) -> list[RoundWeights]:
    """Rounds in order; none where no row had a weight, or of a run of an earlier version."""
    return [
        _line(line, found, run.score_names[0])
        for line in run.metrics
        if (found := mapping(line.get("weights")))
    ]


def _line(line: dict[str, Any], found: dict[str, Any], metric: str) -> RoundWeights:
    quarters = found.get("quarters")
    parts = [mapping(one) for one in quarters] if isinstance(quarters, list) else []
    return RoundWeights(
        round=line["round"],
        rows=int(number(found.get("rows")) or 0),
        min=number(found.get("min")),
        q1=number(found.get("q1")),
        median=number(found.get("median")),
        q3=number(found.get("q3")),
        max=number(found.get("max")),
        effective=number(found.get("effective")),
        quarters=tuple(map(_quarter, [*parts, *[{}] * len(QUARTERS)][: len(QUARTERS)])),
        score=number(mapping(line.get("test")).get(metric)),
    )


def _quarter(part: dict[str, Any]) -> WeightQuarter:
    return WeightQuarter(
        int(number(part.get("rows")) or 0),
        number(part.get("weight")),
        number(part.get("before")),
        number(part.get("after")),
    )
