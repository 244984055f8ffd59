"""Is a share of right answers more than chance, and is one student better than another?

`evokd/studies/stats.py` has the statistics over seeds; these are over questions, within one run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple


class Bounds(NamedTuple):
    """Interval of a share, in [0, 1]."""

    low: float
    high: float


class McNemar(NamedTuple):
    """Two students on the same questions."""

    gained: int
    """Questions that only the first has right."""
    lost: int
    """Questions that only the second has right."""
    p: float
    """Exact, two-sided: how likely a split at least as uneven is, were both equally good."""


def wilson(right: int, n: int, level: float = 0.95) -> Bounds | None:
    """Wilson's score interval of a share (Wilson 1927); None for no questions.

    With z the normal quantile and p = right / n, it holds all shares π with
    |p - π| ≤ z · sqrt(π (1 - π) / n), so it stays inside [0, 1] and is not empty at 0 of n.

    Raises:
        ValueError: more right than there are questions, or a level outside (0, 1).
    """
    if not 0 <= right <= n or not 0 < level < 1:
        raise ValueError(f"expected 0 <= right <= n and 0 < level < 1, got {right}, {n}, {level}")
    if not n:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, shrink = right / n, 1 + z * z / n
    middle = (p + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if right == 0 else max(0.0, middle - half)
    return Bounds(low, 1.0 if right == n else min(1.0, middle + half))


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> McNemar:
    """McNemar's exact test on paired answers (McNemar 1947): right or wrong, question by question.

    Only questions that one of the two has right count. If both students are equally good, each of
    those is a fair coin, and p the chance of a split at least as uneven; 1 where there are none.

    Raises:
        ValueError: not the same number of answers.
    """
    pairs = list(zip(first, second, strict=True))
    gained = sum(a and not b for a, b in pairs)
    lost = sum(b and not a for a, b in pairs)
    n, few = gained + lost, min(gained, lost)
    tail, ways = 0, 1  # ways: n over k
    for k in range(few + 1):
        tail += ways
        ways = ways * (n - k) // (k + 1)
    return McNemar(gained, lost, min(1.0, 2 * tail / 2**n))
