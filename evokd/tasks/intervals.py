"""Is a share of right answers more than chance, and is one student better than another?

`evokd.studies.report.stats` has the statistics over seeds; these are over questions, in one run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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

    It stays inside [0, 1] and is not empty at 0 of n.

    Raises:
        ValueError: more right than there are questions, or a level outside (0, 1).
    """
    from scipy.stats import binomtest

    if not 0 <= right <= n or not 0 < level < 1:
        raise ValueError(f"expected 0 <= right <= n and 0 < level < 1, got {right}, {n}, {level}")
    if not n:
        return None
    low, high = binomtest(right, n).proportion_ci(level, method="wilson")
    return Bounds(float(low), float(high))


def difference(first: int, n: int, second: int, m: int, level: float = 0.95) -> Bounds:
    """Interval of a difference of two shares, first/n − second/m (Newcombe 1998, method 10).

    Made of their Wilson intervals; inside [-1, 1].

    Raises:
        ValueError: no observations of one of them.
    """
    one, other = wilson(first, n, level), wilson(second, m, level)
    if one is None or other is None:
        raise ValueError("a difference of shares needs observations of both")
    p, q = first / n, second / m
    low = p - q - math.hypot(p - one.low, other.high - q)
    high = p - q + math.hypot(one.high - p, q - other.low)
    return Bounds(low, high)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> McNemar:
    """McNemar's exact test on paired answers (McNemar 1947): right or wrong, question by question.

    Only questions that one of the two has right count. If both students are equally good, each of
    those is a fair coin, and p the chance of a split at least as uneven; 1 where there are none.

    Raises:
        ValueError: not the same number of answers.
    """
    from scipy.stats import binomtest

    pairs = list(zip(first, second, strict=True))
    gained = sum(a and not b for a, b in pairs)
    lost = sum(b and not a for a, b in pairs)
    n = gained + lost
    return McNemar(gained, lost, float(binomtest(min(gained, lost), n).pvalue) if n else 1.0)
