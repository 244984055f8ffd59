"""Temperature scaling (Guo et al. 2017, section 4.2): one number that sets how sure a student is.

The probabilities become softmax(logits / T). T above 1 makes a student less sure; no verdict
changes. In 1 / T the negative log-likelihood is convex, a log-sum-exp of linear functions minus a
linear one, so its slope only ever rises, and halving finds where it crosses zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evokd.tasks.calibration import Floats, checked

LEAST, MOST = 0.1, 10.0
"""What T may be."""
LEAST_ROWS = 20
"""Fewer say nothing of how sure to be."""
HALVINGS = 50
"""Of the range of 1 / T: exact to the last bits that matter."""


def fit_temperature(log_probabilities: npt.ArrayLike, gold: Sequence[int]) -> float | None:
    """The T of least negative log-likelihood, in [0.1, 10].

    Args:
        log_probabilities: Or logits, which differ by a constant a row: float [rows, labels], -inf
            for a label that a row doesn't have.
        gold: Place of each row's right label.

    Returns:
        None where the rows can't say: fewer than 20 of them, or not one that the student got
        wrong (any T is then improved on by a smaller one).
    """
    if len(gold) < LEAST_ROWS:
        return None
    logs, places = checked(log_probabilities, gold)
    if (logs.argmax(axis=1) == places).all():
        return None
    low, high = 1 / MOST, 1 / LEAST
    if _slope(logs, places, low) >= 0:
        return MOST
    if _slope(logs, places, high) <= 0:
        return LEAST
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        if _slope(logs, places, middle) < 0:
            low = middle
        else:
            high = middle
    return 1 / math.sqrt(low * high)


def scaled(log_probabilities: npt.ArrayLike, temperature: float) -> Floats:
    """Log-probabilities of softmax(logits / T), float64 [rows, labels]."""
    logs = np.asarray(log_probabilities, dtype=np.float64) / temperature
    logs = logs - logs.max(axis=1, keepdims=True)
    result: Floats = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    return result


def _slope(logs: Floats, places: npt.NDArray[np.int64], inverse: float) -> float:
    """Of the mean negative log-likelihood by 1 / T: expected logit minus that of the right one."""
    shares = np.exp(scaled(logs, 1 / inverse))
    finite = np.where(np.isfinite(logs), logs, 0.0)
    expected = (shares * finite).sum(axis=1)
    return float((expected - finite[np.arange(len(places)), places]).mean())
