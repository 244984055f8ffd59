"""What the weights of a fit did: their spread, and loss before and after by how much a row counts.

The rows are parted at the quartiles of their weights: rows that weigh the same stay together, so a
quarter may be empty, and all of them are one where every weight is the same. That heavy rows lose
more is what weighing is for; that light ones lose as much says that it did nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

DIGITS = 4
QUARTERS = 4


def weight_effect(
    weights: Mapping[str, float] | None,
    before: Mapping[str, float],
    after: Mapping[str, float],
) -> dict[str, Any] | None:
    """The key `weights` of a round's line; None where no row had one.

    Args:
        weights: Row id → factor of its loss, of the rows of the fit that have one.
        before: The batch's losses before the fit, nats.
        after: And after it. A row without either, or without a weight, is in no quarter.
    """
    if not weights:
        return None
    values = np.asarray(list(weights.values()), dtype=np.float64)
    least, *cuts, most = np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()
    known = [row for row in before if row in after and row in weights]
    return {
        "rows": len(values),
        "min": _rounded(least),
        "q1": _rounded(cuts[0]),
        "median": _rounded(cuts[1]),
        "q3": _rounded(cuts[2]),
        "max": _rounded(most),
        "effective": _rounded(effective_rows(values.tolist())),
        "quarters": _quarters(known, weights, before, after),
    }


def effective_rows(weights: Sequence[float]) -> float:
    """(Σw)² / Σw² (Kish 1965): so many rows of equal weight tell as much; 0 where all are 0."""
    squares = sum(weight**2 for weight in weights)
    return sum(weights) ** 2 / squares if squares else 0.0


def _quarters(
    rows: Sequence[str],
    weights: Mapping[str, float],
    before: Mapping[str, float],
    after: Mapping[str, float],
) -> list[dict[str, Any]]:
    """From the lightest to the heaviest."""
    parts: list[list[str]] = [[] for _ in range(QUARTERS)]
    if rows:
        cuts = np.quantile([weights[row] for row in rows], [0.25, 0.5, 0.75])
        for row in rows:
            parts[int(np.searchsorted(cuts, weights[row], side="left"))].append(row)
    return [
        {
            "rows": len(part),
            "weight": _mean([weights[row] for row in part]),
            "before": _mean([before[row] for row in part]),
            "after": _mean([after[row] for row in part]),
        }
        for part in parts
    ]


def _mean(values: Sequence[float]) -> float | None:
    return _rounded(sum(values) / len(values)) if values else None


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
