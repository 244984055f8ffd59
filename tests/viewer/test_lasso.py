"""A line around points: what it holds, and what is no line."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.viewer.lasso import corners_of, inside

SQUARE = corners_of("0-0_10-0_10-10_0-10")


def test_a_square() -> None:
    assert SQUARE == [(0, 0), (10, 0), (10, 10), (0, 10)]
    assert inside(SQUARE, 5, 5) and not inside(SQUARE, 15, 5) and not inside(SQUARE, 5, -1)


@pytest.mark.parametrize("text", ["", "1-2", "1-2_3-4", "1-2_3-4_x", "a_b_c", "1-2_3-4_5--6"])
def test_what_is_no_line_holds_nothing(text: str) -> None:
    assert corners_of(text) == [] and not inside(corners_of(text), 1, 1)


def test_a_hollow_holds_nothing() -> None:
    horseshoe = corners_of("0-0_30-0_30-30_20-30_20-10_10-10_10-30_0-30")
    assert inside(horseshoe, 5, 20) and inside(horseshoe, 25, 20) and inside(horseshoe, 15, 5)
    assert not inside(horseshoe, 15, 20)


@given(st.floats(0, 2 * math.pi), st.floats(0, 200))
def test_a_round_line_holds_what_is_near_its_middle(turn: float, far: float) -> None:
    corners = [
        (200 + 100 * math.cos(n * math.pi / 20), 200 + 100 * math.sin(n * math.pi / 20))
        for n in range(40)
    ]
    if abs(far - 100) > 1:  # between the corners it runs a little inside the circle
        x, y = 200 + far * math.cos(turn), 200 + far * math.sin(turn)
        assert inside(corners, x, y) == (far < 100)
