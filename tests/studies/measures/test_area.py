"""The primary measure against hand-made curves, and against a sum over single tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.studies.measures.area import FROM, area, known_to_the_end


def test_by_hand() -> None:
    # from 200 to 1,000: 0.5 until 400, 0.7 until 900, 0.9 for the rest
    found = area([0, 400, 900], [0.5, 0.7, 0.9], 1000)
    assert found == pytest.approx((200 * 0.5 + 500 * 0.7 + 100 * 0.9) / 800)


@pytest.mark.parametrize(
    ("tokens", "scores", "expected"),
    [
        ([0], [0.4], 0.4),  # nothing but the warm-up: flat to the end
        ([0, 100], [0.4, 0.8], 0.8),  # what happens in the first fifth is over before it counts
        ([0, 200], [0.4, 0.8], 0.8),
        ([0, 1000], [0.4, 0.8], 0.4),  # closed at the very end
        ([0, 1200], [0.4, 0.8], 0.4),  # closed beyond it
        ([0, 600, 600], [0.4, 0.6, 0.8], 0.6),  # a round without a token
    ],
)
def test_ends(tokens: list[int], scores: list[float], expected: float) -> None:
    assert area(tokens, scores, 1000) == pytest.approx(expected)


def test_before_the_first_round_the_start_counts() -> None:
    # paraphrases before the warm-up was closed
    assert area([600], [0.9], 1000) is None
    assert area([600], [0.9], 1000, start=0.5) == pytest.approx((400 * 0.5 + 400 * 0.9) / 800)
    assert area([], [], 1000) is None


POINTS = st.lists(st.tuples(st.integers(0, 130), st.floats(0, 1)), min_size=1, max_size=8)


@given(POINTS, st.floats(0, 1), st.sampled_from([50, 100]))
def test_it_is_the_mean_over_single_tokens(
    points: list[tuple[int, float]], start: float, budget: int
) -> None:
    points = sorted(points, key=lambda point: point[0])
    tokens, scores = [t for t, _ in points], [s for _, s in points]

    def at(t: float) -> float:
        return [start, *(s for n, s in zip(tokens, scores, strict=True) if n <= t)][-1]

    cells = range(int(FROM * budget), budget)
    expected = sum(at(t) for t in cells) / len(cells)
    found = area(tokens, scores, budget, start)
    assert found == pytest.approx(expected, abs=1e-9)
    assert found is not None
    assert min([start, *scores]) - 1e-9 <= found <= max([start, *scores]) + 1e-9


def test_whose_curve_goes_on() -> None:
    assert known_to_the_end(flat=True, by_tokens=False, filled=0.1)
    assert known_to_the_end(flat=False, by_tokens=True, filled=0.8)
    assert known_to_the_end(flat=False, by_tokens=False, filled=0.97)
    assert not known_to_the_end(flat=False, by_tokens=False, filled=0.96)
