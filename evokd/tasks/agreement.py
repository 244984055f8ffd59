"""Do two judges say the same of the same rows, and is that more than chance?

Share of equal answers, and Cohen's kappa (Cohen 1960), with the large-sample interval of Fleiss,
Cohen and Everitt (1969, equation 13), which is rough below some dozens of rows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evokd.tasks.intervals import Bounds, wilson

Z = 1.959964
"""Of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two judges."""

    n: int
    """Rows that both judged."""
    same: int
    """Rows on which they said the same."""
    bounds: Bounds
    """Of the share, Wilson, 95 %."""
    kappa: float | None
    """1: always the same; 0: no more than chance; None where both always say one and the same."""
    kappa_bounds: Bounds | None
    """95 %; None where they agree on all rows or on none, for then its variance says nothing."""

    @property
    def share(self) -> float:
        """Of the rows on which they agree, in [0, 1]."""
        return self.same / self.n


def agreement(first: Sequence[str], second: Sequence[str]) -> Agreement | None:
    """How far two judges agree; None without rows.

    Raises:
        ValueError: not the same number of answers.
    """
    pairs = Counter(zip(first, second, strict=True))
    n = len(first)
    if not n:
        return None
    same = sum(rows for (a, b), rows in pairs.items() if a == b)
    bounds = wilson(same, n)
    assert bounds is not None
    rows, columns = Counter(first), Counter(second)
    chance = sum(rows[name] * columns[name] for name in rows) / n**2
    if chance == 1:
        return Agreement(n, same, bounds, None, None)
    kappa = (same / n - chance) / (1 - chance)
    if same in (0, n):
        return Agreement(n, same, bounds, kappa, None)
    equal = sum(
        c / n * (1 - (rows[a] + columns[a]) / n * (1 - kappa)) ** 2
        for (a, b), c in pairs.items()
        if a == b
    )
    other = sum(c / n * ((columns[a] + rows[b]) / n) ** 2 for (a, b), c in pairs.items() if a != b)
    spread = equal + (1 - kappa) ** 2 * other - (kappa - chance * (1 - kappa)) ** 2
    half = Z * math.sqrt(max(0.0, spread) / n) / (1 - chance)
    return Agreement(
        n, same, bounds, kappa, Bounds(max(-1.0, kappa - half), min(1.0, kappa + half))
    )
