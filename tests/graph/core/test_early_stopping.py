"""When little is to come: the reason and its numbers, and the curves that give none."""

from __future__ import annotations

import pytest

from graph.core.early_stopping import little_to_come

FLAT = [[1000.0 * n, 0.7] for n in range(1, 6)]
RISING = [[1000.0 * n, 0.5 + 0.02 * n] for n in range(1, 9)]


def test_the_reason_says_what_was_expected_and_what_was_asked_for() -> None:
    assert little_to_come(FLAT, 0.002) == (
        "the next 1,000 tokens are expected to add 0.0000 to the dev score, at most 0.0000 (95 %),"
        " less than loop.stop_below_gain: 0.002"
    )


@pytest.mark.parametrize("curve", [[], FLAT[:4], RISING])
def test_too_few_rounds_and_a_rising_curve_give_no_reason(curve: list[list[float]]) -> None:
    assert little_to_come(curve, 0.002) is None


def test_a_curve_that_dips_once_goes_on() -> None:
    """Its best fit is flat, its interval is not."""
    dipped = [[1000.0 * n, s] for n, s in enumerate((0.60, 0.64, 0.66, 0.68, 0.62), 1)]
    assert little_to_come(dipped, 0.002) is None
