"""Forecasts of planted curves: what they promise, how far they doubt, when they say nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evokd.runs.forecast import (
    LEAST,
    Estimate,
    Points,
    forecast,
    in_words,
    learning_curve,
    too_few,
)
from evokd.runs.run import Run

TOKENS = [1000.0 * n for n in range(1, 11)]


def planted(noise: float = 0.0, seed: int = 0) -> list[float]:
    """0.8 − 20 · T^(−0.6)."""
    drawn = np.random.default_rng(seed).normal(0, 1, len(TOKENS))
    return [0.8 - 20 * t**-0.6 + noise * e for t, e in zip(TOKENS, drawn, strict=True)]


def test_without_noise_the_future_is_the_planted_one() -> None:
    found = forecast(TOKENS, planted())
    assert found is not None
    true = 20 * (10_000**-0.6 - 11_000**-0.6)
    assert found.gain().value == pytest.approx(true, rel=0.02)
    assert found.limit.value == pytest.approx(0.8, abs=1e-4)
    reached = found.reaches(0.75)
    assert reached.at == pytest.approx((20 / 0.05) ** (1 / 0.6), rel=0.01)
    assert reached.low is not None and reached.high is not None
    assert reached.never == 0
    assert found.reaches(0.81) == (None, None, None, 1.0)


def spread(found: Estimate) -> float:
    return found.high - found.low


def test_noise_widens_the_intervals() -> None:
    narrow, wide = (forecast(TOKENS, planted(noise)) for noise in (0.002, 0.03))
    assert narrow is not None and wide is not None
    assert spread(narrow.limit) < spread(wide.limit)
    assert spread(narrow.gain()) < spread(wide.gain())


def test_the_interval_of_the_gain_holds_the_true_one_for_most_curves() -> None:
    """Nominal 95; noise that is independent from round to round, which real rounds have not."""
    true = 20 * (10_000**-0.6 - 11_000**-0.6)
    held = 0
    for seed in range(60):
        found = forecast(TOKENS, planted(0.01, seed))
        assert found is not None
        held += found.gain().low <= true <= found.gain().high
    assert 48 <= held < 60


def test_a_flat_curve_promises_nothing() -> None:
    found = forecast(TOKENS, [0.6] * len(TOKENS))
    assert found is not None
    assert found.gain() == (0, 0, 0)
    assert found.reaches(0.7).at is None


def test_a_noisy_flat_curve_may_still_rise() -> None:
    """Its best fit is flat, but that is no knowledge."""
    scores = [0.6 + (-1) ** n * 0.02 for n in range(len(TOKENS))]
    found = forecast(TOKENS, scores)
    assert found is not None
    assert found.gain().value > 0
    assert found.gain().high > found.gain().value


@pytest.mark.parametrize(
    "tokens",
    [
        (),
        (0,) * 9,
        (0, 1000, 2000, 3000, 4000),  # the warm-up is free, and has no place on the curve
        (1000, 2000, 3000, 4000, 4000, 4000),  # rounds that cost nothing are one place
    ],
)
def test_too_few_rounds_have_no_forecast(tokens: tuple[float, ...]) -> None:
    scores = [0.5 + 0.01 * n for n in range(len(tokens))]
    assert forecast(tokens, scores) is None
    said = too_few(Points(tokens, tuple(scores)))
    assert said.startswith(f"no forecast: it takes {LEAST} rounds")
    assert said.endswith(str(len({at for at in tokens if at})))


def test_the_same_curve_gets_the_same_forecast() -> None:
    one, other = (forecast(TOKENS, planted(0.02)) for _ in range(2))
    assert one is not None and other is not None
    assert one.gain() == other.gain()


def run_of(dev: bool) -> Run:
    lines = [
        {
            "round": n,
            "billed_tokens": 1000 * n,
            "test": {"macro_f1": 0.5 + 0.02 * n},
            "dev": {"macro_f1": 0.4 + 0.01 * n} if dev else None,
        }
        for n in range(7)
    ]
    return Run("made", Path("made"), metrics=lines)


def test_a_run_is_told_by_dev_where_it_has_dev_scores() -> None:
    assert learning_curve(run_of(True)) == (
        "dev",
        Points(tuple(1000.0 * n for n in range(7)), tuple(0.4 + 0.01 * n for n in range(7))),
    )
    assert learning_curve(run_of(False))[0] == "test"
    assert "the dev curve" in (in_words(run_of(True)) or "")


def test_a_run_without_tokens_has_nothing_to_forecast() -> None:
    run = run_of(False)
    for line in run.metrics:
        line["billed_tokens"] = 0
    assert in_words(run) is None
