"""Agreement of two judges, against numbers worked out by hand."""

from __future__ import annotations

import math
import random

import pytest

from evokd.tasks.agreement import Z, agreement


def judged(both: int, first: int, second: int, neither: int) -> tuple[list[str], list[str]]:
    pairs = [("y", "y")] * both + [("y", "n")] * first + [("n", "y")] * second
    pairs += [("n", "n")] * neither
    return [a for a, _ in pairs], [b for _, b in pairs]


def test_kappa_of_a_known_table() -> None:
    found = agreement(*judged(20, 5, 10, 15))
    assert found is not None and (found.n, found.same, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)  # observed 0.7, by chance 0.5
    assert found.kappa_bounds is not None
    assert (found.kappa_bounds.high - 0.4) / Z == pytest.approx(by_delta([20, 5, 10, 15]))


def by_delta(counts: list[int]) -> float:
    """Standard error of kappa by the delta method, its gradient taken numerically."""
    n = sum(counts)
    p = [count / n for count in counts]

    def kappa(both: float, first: float, second: float, neither: float) -> float:
        chance = (both + first) * (both + second) + (neither + first) * (neither + second)
        return (both + neither - chance) / (1 - chance)

    step = 1e-6
    slopes = []
    for at in range(4):
        up, down = list(p), list(p)
        up[at] += step
        down[at] -= step
        slopes.append((kappa(*up) - kappa(*down)) / (2 * step))
    mean = sum(share * slope for share, slope in zip(p, slopes, strict=True))
    squares = sum(share * slope**2 for share, slope in zip(p, slopes, strict=True))
    return math.sqrt((squares - mean**2) / n)


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng, truth, inside = random.Random(3), 0.6, 0
    for _ in range(400):
        first = [rng.choice("ab") for _ in range(150)]
        second = [a if rng.random() < truth else rng.choice("ab") for a in first]
        found = agreement(first, second)
        assert found is not None and found.kappa_bounds is not None
        inside += found.kappa_bounds.low <= truth <= found.kappa_bounds.high
    assert 0.92 <= inside / 400 <= 0.98


def test_edges() -> None:
    assert agreement([], []) is None
    same = agreement(["a"] * 4, ["a"] * 4)
    assert same is not None and same.kappa is None and same.share == 1
    never = agreement(["a", "b"], ["b", "a"])
    assert never is not None and never.kappa == -1 and never.kappa_bounds is None
    with pytest.raises(ValueError):
        agreement(["a"], [])
