"""From which probability on a label is said: one threshold a label, fitted on dev rows.

The threshold of best F1 (Lipton, Elkan & Narayanaswamy 2014, arXiv 1402.1892), for a label that
is rare is best said at less than one half. Where dev has few rows of a label its best threshold is
chance, so it stays at one half.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

HALF = 0.5
LEAST_ROWS = 10
"""Dev rows with a label, and without it, that its threshold needs."""
LOWEST, HIGHEST = 0.1, 0.9
"""What a threshold may be: the best one of a student that knows nothing is 0, "always say it"."""


def fit_thresholds(
    probabilities: npt.ArrayLike, gold: npt.ArrayLike, names: Sequence[str]
) -> tuple[float, ...]:
    """A threshold for each label.

    Args:
        probabilities: Of each label, float [rows, labels].
        gold: Whether the row has it, bool [rows, labels].
        names: Of the labels.

    Raises:
        ValueError: not the same shape.
    """
    p = np.asarray(probabilities, dtype=np.float64).reshape(-1, len(names))
    right = np.asarray(gold, dtype=np.bool_).reshape(-1, len(names))
    if p.shape != right.shape:
        raise ValueError(f"probabilities {p.shape} for rows {right.shape}")
    return tuple(_best(p[:, at], right[:, at]) for at in range(len(names)))


def at_half(
    probabilities: npt.NDArray[np.float32], thresholds: Sequence[float]
) -> npt.NDArray[np.float32]:
    """Probabilities brought to where each label's threshold is one half; 0 and 1 stay.

    Linear on both sides of it, so that a label's distance to one half is that to its threshold, as
    a share of the way to 0 or 1.

    Args:
        probabilities: [texts, labels].
        thresholds: Of each label.
    """
    least = np.asarray(thresholds, dtype=np.float32)
    below, above = probabilities / least, (probabilities - least) / (1 - least)
    moved: npt.NDArray[np.float32] = np.where(probabilities < least, below / 2, 0.5 + above / 2)
    return moved


def _best(p: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """The middle between two rows at which F1 is best; of equally good ones the nearest to half."""
    positive = int(right.sum())
    if min(positive, len(right) - positive) < LEAST_ROWS:
        return HALF
    met = np.unique(p)
    middles = (met[1:] + met[:-1]) / 2
    candidates = np.concatenate([[HALF], middles[(middles >= LOWEST) & (middles <= HIGHEST)]])
    said = p[:, None] >= candidates[None, :]
    hits = (said & right[:, None]).sum(0)
    f1 = 2 * hits / (said.sum(0) + positive)
    best = candidates[f1 >= f1.max() - 1e-12]
    return round(float(best[np.abs(best - HALF).argmin()]), 6)
