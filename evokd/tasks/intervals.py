"""Is a share of right answers more than chance, and is one student better than another?

`evokd.studies.report.stats` has the statistics over seeds; these are over questions, in one run.
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

    It stays inside [0, 1] and is not empty at 0 of n.

    Raises:
        ValueError: more right than there are questions, or a level outside (0, 1).
    """
    if not 0 <= right <= n or not 0 < level < 1:
        raise ValueError(f"expected 0 <= right <= n and 0 < level < 1, got {right}, {n}, {level}")
    if not n:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (right + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(right * (n - right) / n + z * z / 4)
    low = max(0.0, middle - half) if right else 0.0
    return Bounds(low, min(1.0, middle + half) if right < n else 1.0)


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
    pairs = list(zip(first, second, strict=True))
    gained = sum(a and not b for a, b in pairs)
    lost = sum(b and not a for a, b in pairs)
    return McNemar(gained, lost, _as_uneven(min(gained, lost), gained + lost))


def _as_uneven(fewer: int, n: int) -> float:
    """The chance that of n tosses of a coin one side comes up at most `fewer` times."""
    if 2 * fewer == n:
        return 1.0
    ways, term = 0, 1
    for k in range(fewer + 1):
        ways += term
        term = term * (n - k) // (k + 1)
    return 2 * ways / (1 << n)


def paired_difference(
    both: int, first: int, second: int, neither: int, level: float = 0.95
) -> Bounds:
    """Interval of a difference of two shares on the same questions (Newcombe 1998, method 10).

    Args:
        both: Questions that both have right.
        first: Those that only the first has right.
        second: Those that only the second has right.
        neither: Those that neither has.
        level: Of the interval.

    Returns:
        Bounds of the first's share of right answers minus the second's; inside [-1, 1].

    Raises:
        ValueError: no questions.
    """
    n = both + first + second + neither
    one, other = wilson(both + first, n, level), wilson(both + second, n, level)
    if one is None or other is None:
        raise ValueError("a paired difference needs questions")
    p, q = (both + first) / n, (both + second) / n
    phi = _phi(both, first, second, neither)
    low = _joined(p - one.low, other.high - q, phi)
    high = _joined(one.high - p, q - other.low, phi)
    return Bounds(p - q - low, p - q + high)


def _joined(a: float, b: float, phi: float) -> float:
    return math.sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))


def _phi(both: int, first: int, second: int, neither: int) -> float:
    """How the two go together, in [-1, 1]; moved towards 0 by half a question if positive."""
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    if not margins:
        return 0.0
    n = both + first + second + neither
    product = float(both * neither - first * second)
    if product > 0:
        product = max(0.0, product - n / 2)
    return product / math.sqrt(margins)
