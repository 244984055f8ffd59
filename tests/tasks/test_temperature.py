"""Temperature scaling: what it recovers, what it never makes worse, when it says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from evokd.tasks.calibration import measure
from evokd.tasks.temperature import LEAST, MOST, fit_temperature, scaled


def drawn(seed: int, rows: int, labels: int, spread: float = 2.0) -> tuple[np.ndarray, list[int]]:
    """Logits, and right labels drawn from their softmax."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, spread, size=(rows, labels))
    shares = np.exp(scaled(logits, 1.0))
    return logits, [int(rng.choice(labels, p=row)) for row in shares]


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("labels", [2, 6])
def test_the_true_temperature_is_recovered(true: float, labels: int) -> None:
    logits, gold = drawn(3, 6000, labels)
    assert fit_temperature(logits * true, gold) == pytest.approx(true, rel=0.06)


@given(st.integers(0, 10_000), st.integers(20, 80), st.integers(2, 5), st.floats(0.05, 30))
def test_the_rows_it_is_fitted_on_never_get_worse(
    seed: int, rows: int, labels: int, factor: float
) -> None:
    logits, gold = drawn(seed, rows, labels)
    logs = scaled(logits * factor, 1.0)
    found = fit_temperature(logs, gold)
    if found is None:
        assert logs.argmax(1).tolist() == gold
        return
    assert LEAST <= found <= MOST
    before, after = measure(logs, gold), measure(scaled(logs, found), gold)
    assert after.nll <= before.nll + 1e-9
    assert (scaled(logs, found).argmax(1) == logs.argmax(1)).all()


def test_the_same_as_a_general_search() -> None:
    logits, gold = drawn(8, 500, 4, spread=5.0)
    logits *= 1.7

    def loss(temperature: float) -> float:
        return measure(scaled(logits, temperature), gold).nll

    found = minimize_scalar(loss, bounds=(LEAST, MOST), method="bounded", options={"xatol": 1e-9})
    assert fit_temperature(logits, gold) == pytest.approx(found.x, rel=1e-5)


def test_logits_and_log_probabilities_give_the_same() -> None:
    logits, gold = drawn(5, 200, 3)
    assert fit_temperature(logits, gold) == pytest.approx(
        fit_temperature(scaled(logits, 1.0), gold), rel=1e-9
    )


def test_choices_that_a_row_lacks() -> None:
    logits, gold = drawn(6, 300, 3)
    padded = np.hstack([logits, np.full((300, 1), -np.inf)])
    assert fit_temperature(padded, gold) == pytest.approx(fit_temperature(logits, gold), rel=1e-9)


def test_rows_that_cannot_say() -> None:
    logits, gold = drawn(7, 19, 3)
    assert fit_temperature(logits, gold) is None
    logits, _ = drawn(7, 100, 3)
    assert fit_temperature(logits, logits.argmax(1).tolist()) is None
    assert fit_temperature(logits, logits.argmin(1).tolist()) == MOST
