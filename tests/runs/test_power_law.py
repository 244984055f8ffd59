"""The power law: known numbers are found again, bounds hold, and scipy's solver agrees."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import least_squares

from evokd.runs.power_law import FLATTEST, STEEPEST, fit, fit_many

TOKENS = [800, 1900, 2900, 4100, 5000, 6200, 7000, 8300]


def planted(a: float, b: float, c: float) -> list[float]:
    return [a - b * t**-c for t in TOKENS]


@pytest.mark.parametrize(
    ("a", "b", "c"), [(0.8, 20, 0.6), (0.9, 3, 0.3), (1.0, 2, 0.25), (0.6, 200, 1.0)]
)
def test_a_planted_law_is_found_again(a: float, b: float, c: float) -> None:
    law = fit(TOKENS, planted(a, b, c))
    assert law.limit == pytest.approx(a, abs=1e-5)
    assert law.rate == pytest.approx(c, rel=1e-4)
    assert law.gap * law.scale**law.rate == pytest.approx(b, rel=1e-3)
    assert law.at(20_000) == pytest.approx(a - b * 20_000**-c, abs=1e-6)
    target = a - b * 12_345**-c
    assert law.tokens_to(target) == pytest.approx(12_345, rel=1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_law_within_the_bounds_is_nearer(seed: int) -> None:
    """Held against scipy's bounded least squares, from several starts."""
    noise = np.random.default_rng(seed).normal(0, 0.03, len(TOKENS))
    scores = np.asarray(planted(0.8, 20, 0.6)) + noise
    x = np.asarray(TOKENS) / TOKENS[-1]
    best = min(
        2 * least_squares(
            lambda p: p[0] - p[1] * x ** -p[2] - scores,
            [0.7, 0.1, start],
            bounds=([0, 0, FLATTEST], [1, np.inf, STEEPEST]),
        ).cost
        for start in (0.1, 0.5, 1.0, 2.0)
    )  # fmt: skip
    law = fit(TOKENS, scores.tolist())
    mine = sum((law.at(t) - s) ** 2 for t, s in zip(TOKENS, scores, strict=True))
    assert mine <= best * (1 + 1e-6)


def test_a_curve_that_falls_or_stands_is_flat_at_its_mean() -> None:
    falling = [0.8 - 0.01 * n for n in range(len(TOKENS))]
    law = fit(TOKENS, falling)
    assert law.gap == 0
    assert law.limit == pytest.approx(sum(falling) / len(falling))
    assert law.at(10) == law.at(10**6) == law.limit
    assert fit(TOKENS, [0.5] * len(TOKENS)).tokens_to(0.5) == 0
    assert math.isinf(fit(TOKENS, [0.5] * len(TOKENS)).tokens_to(0.51))


def test_the_limit_is_no_score_above_one() -> None:
    """A straight line up: nothing bends it, so the free fit would promise more than 1."""
    rising = [0.1 * (n + 1) for n in range(len(TOKENS))]
    law = fit(TOKENS, rising)
    assert law.limit == 1
    assert law.gap > 0


def test_many_curves_at_once_are_each_fitted_as_alone() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (5, len(TOKENS)))
    curves = np.asarray(planted(0.8, 20, 0.6)) + noise
    fits = fit_many(TOKENS, curves)
    for number, curve in enumerate(curves):
        alone = fit(TOKENS, curve.tolist())
        assert fits.law(number).at(9300) == pytest.approx(alone.at(9300), abs=1e-3)
        assert fits.at(9300)[number] == pytest.approx(fits.law(number).at(9300))
        assert fits.tokens_to(0.6)[number] == fits.law(number).tokens_to(0.6)
