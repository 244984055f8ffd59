"""What a student gains by passing over the rows that it is least sure of.

Coverage is the share of rows that are answered, the surest first; accuracy is over those
(El-Yaniv & Wiener 2010 draw one minus accuracy, the risk). Rows of equal confidence are answered
together or not at all, for no threshold tells them apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evokd.tasks.calibration import verdicts

POINTS = 100
"""Of a curve that is kept, at most."""


class CoveragePoint(NamedTuple):
    """One threshold."""

    coverage: float
    """Share of rows with this confidence or more, in (0, 1]."""
    accuracy: float
    """Share of those that is right, in [0, 1]."""
    confidence: float
    """The threshold: of the least sure of them."""


@dataclass(frozen=True)
class AbstentionCurve:
    """Accuracy by coverage."""

    points: tuple[CoveragePoint, ...]
    """One a confidence that occurs, coverage rising to 1."""
    area: float
    """Mean accuracy over the coverages 1/n, 2/n … 1, in [0, 1]: one minus the AURC of Geifman &
    El-Yaniv (2017). Rows of equal confidence come in with the mean of them."""

    def at_accuracy(self, wanted: float) -> CoveragePoint | None:
        """The threshold of the largest coverage at which the accuracy is reached; None: at none."""
        fit = [point for point in self.points if point.accuracy >= wanted]
        return fit[-1] if fit else None

    def at_coverage(self, wanted: float) -> CoveragePoint:
        """The highest threshold that still answers this share of the rows (in (0, 1])."""
        return next(point for point in self.points if point.coverage >= wanted - 1e-12)

    def thinned(self, most: int = POINTS) -> AbstentionCurve:
        """At most so many points, the first and the last among them; the area stays."""
        n = len(self.points)
        if n <= most:
            return self
        kept = (round(i * (n - 1) / (most - 1)) for i in range(most))
        return AbstentionCurve(tuple(self.points[i] for i in kept), self.area)


def abstention_curve(log_probabilities: npt.ArrayLike, gold: Sequence[int]) -> AbstentionCurve:
    """The curve of some rows.

    Args:
        log_probabilities: float [rows, labels], natural.
        gold: Place of each row's right label.

    Raises:
        ValueError: no rows, or not as many right labels as rows.
    """
    confidence, right = verdicts(log_probabilities, gold)
    order = np.argsort(-confidence, kind="stable")
    confidence, n = confidence[order], len(order)
    accuracy = np.cumsum(right[order]) / np.arange(1, n + 1)
    ends = [i for i in range(n) if i + 1 == n or confidence[i + 1] < confidence[i]]
    points = (CoveragePoint((i + 1) / n, float(accuracy[i]), float(confidence[i])) for i in ends)
    return AbstentionCurve(tuple(points), math.fsum(accuracy.tolist()) / n)
