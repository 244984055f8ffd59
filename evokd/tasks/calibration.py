"""How well a student knows how sure it is: its probabilities against what was right.

Everything takes log-probabilities, float [rows, labels], natural, -inf for a label that a row
doesn't have, and the place of each row's right label. Rows of equal confidence count each as the
mean of them, so that no measure depends on the order of the rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BINS = 15
"""Of the calibration error, as Guo et al. (2017) have them."""
LEAST_PROBABILITY = 1e-12
"""What the right label's probability counts as at least, so that one row can't make NLL endless."""

Floats = npt.NDArray[np.float64]


class Calibration(NamedTuple):
    """Three measures, 0 at best."""

    ece: float
    """Expected calibration error (Naeini et al. 2015), in [0, 1], bins of equal count."""
    brier: float
    """Brier score (Brier 1950), summed over the labels: in [0, 2]."""
    nll: float
    """Mean negative log-likelihood of the right labels, nats, in [0, 27.7]."""


class ReliabilityBin(NamedTuple):
    """Rows of similar confidence."""

    rows: int
    confidence: float
    """Mean, in [0, 1]."""
    accuracy: float
    """Share of them that was right, in [0, 1]."""


def measure(log_probabilities: npt.ArrayLike, gold: Sequence[int]) -> Calibration:
    """All three.

    Raises:
        ValueError: no rows, or not as many right labels as rows.
    """
    logs, places = checked(log_probabilities, gold)
    bins = reliability(logs, gold)
    gaps = (one.rows * abs(one.confidence - one.accuracy) for one in bins)
    right = logs[np.arange(len(places)), places]
    off = np.exp(logs)
    off[np.arange(len(places)), places] -= 1.0
    return Calibration(
        ece=math.fsum(gaps) / len(places),
        brier=float((off**2).sum(axis=1).mean()),
        nll=float(-np.maximum(right, math.log(LEAST_PROBABILITY)).mean()),
    )


def reliability(
    log_probabilities: npt.ArrayLike, gold: Sequence[int], bins: int = BINS
) -> list[ReliabilityBin]:
    """Confidence against accuracy, the least sure rows first.

    Bins hold as many rows as each other, give or take one; with fewer rows than bins there is one
    row a bin, which says little.
    """
    confidence, right = verdicts(log_probabilities, gold)
    parts = np.array_split(np.argsort(confidence, kind="stable"), min(bins, len(right)))
    return [
        ReliabilityBin(len(part), float(confidence[part].mean()), float(right[part].mean()))
        for part in parts
    ]


def verdicts(log_probabilities: npt.ArrayLike, gold: Sequence[int]) -> tuple[Floats, Floats]:
    """Of each row the confidence (the likeliest label's probability) and whether it is right.

    "Right" is 1 or 0, or the share of the right ones among the rows of just this confidence. Of
    equally likely labels the first is the verdict.
    """
    logs, places = checked(log_probabilities, gold)
    confidence = np.exp(logs.max(axis=1))
    right = (logs.argmax(axis=1) == places).astype(np.float64)
    _, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    shares = np.bincount(group, weights=right) / sizes
    return confidence, shares[group]


def checked(
    log_probabilities: npt.ArrayLike, gold: Sequence[int]
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Both as arrays.

    Raises:
        ValueError: no rows, or not as many right labels as rows.
    """
    logs = np.array(log_probabilities, dtype=np.float64)
    places = np.array(gold, dtype=np.int64)
    if logs.ndim != 2 or not len(logs) or len(logs) != len(places):
        raise ValueError(
            f"expected log-probabilities [rows, labels] of {len(places)} rows, at least one; found"
            f" the shape {logs.shape}"
        )
    return logs, places
