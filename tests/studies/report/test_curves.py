from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.studies.report.curves import Curve, band, crossover, jumps, step


def curve(*points: tuple[int, float], start: float | None = 0.4, flat: bool = False) -> Curve:
    return Curve(start, tuple(t for t, _ in points), tuple(s for _, s in points), flat)


CURVES = st.lists(st.tuples(st.integers(0, 50), st.floats(0, 1)), min_size=1, max_size=6).map(
    lambda points: curve(*sorted(points, key=lambda p: p[0]))
)
SEEDS = st.lists(CURVES, min_size=1, max_size=4)


def test_a_step_is_the_last_closed_round() -> None:
    one = curve((0, 0.5), (10, 0.6), (10, 0.7), (20, 0.8))
    grid = np.array([0.0, 9.9, 10.0, 19.0, 20.0, 99.0])
    assert step(one, grid).tolist() == [0.5, 0.5, 0.7, 0.7, 0.8, 0.8]


def test_before_the_first_round_is_the_start() -> None:
    one = curve((10, 0.6))
    assert step(one, np.array([0.0, 5.0, 10.0])).tolist() == [0.4, 0.4, 0.6]
    unknown = step(one._replace(start=None), np.array([0.0, 10.0]))
    assert np.isnan(unknown[0]) and unknown[1] == 0.6


@given(CURVES, st.lists(st.integers(0, 60), min_size=1, max_size=10))
def test_a_step_takes_no_value_that_was_not_measured(one: Curve, places: list[int]) -> None:
    grid = np.asarray(sorted(places), dtype=np.float64)
    for place, value in zip(grid, step(one, grid), strict=True):
        closed = [s for t, s in zip(one.tokens, one.scores, strict=True) if t <= place]
        assert value == (closed[-1] if closed else one.start)


def test_the_band_by_hand() -> None:
    found = band([curve((0, 0.4), (10, 0.6)), curve((0, 0.5), (20, 0.9))], end=30)
    assert found.grid.tolist() == [0, 10, 20, 30]
    assert found.mean == pytest.approx([0.45, 0.55, 0.75, 0.75])
    assert found.sd == pytest.approx(np.array([0.1, 0.1, 0.3, 0.3]) / np.sqrt(2))
    assert found.n == 2 and found.flat_from is None


def test_a_seed_that_ends_early_keeps_its_last_score_in_the_mean() -> None:
    early, late = curve((0, 0.4), (10, 0.6)), curve((0, 0.4), (10, 0.6), (20, 0.6), (30, 0.6))
    found = band([early, late], end=40)
    assert found.mean == pytest.approx([0.4, 0.6, 0.6, 0.6, 0.6])  # no jump where one is over
    assert found.sd == pytest.approx([0, 0, 0, 0, 0])


def test_a_band_of_one_has_no_sd() -> None:
    found = band([curve((10, 0.6), flat=True)], end=20)
    assert np.isnan(found.sd).all()
    assert found.flat_from == 10


def test_flat_from_where_the_last_run_stopped() -> None:
    flat = [curve((10, 0.6), flat=True), curve((15, 0.6), flat=True)]
    assert band(flat, end=30).flat_from == 15
    assert band([*flat, curve((12, 0.6))], end=30).flat_from is None


def test_jumps_past_the_end_are_left_out() -> None:
    assert jumps([curve((5, 0.1), (50, 0.2))], end=20).tolist() == [0, 5, 20]


def test_a_crossover_by_hand() -> None:
    mine = {1: curve((0, 0.4), (10, 0.5), (30, 0.9))}
    theirs = {1: curve((0, 0.4), (5, 0.6), (20, 0.7))}
    found = crossover(mine, theirs)
    assert found is not None
    assert (found.n, found.at, found.low, found.high, found.never) == (1, 30, None, None, None)
    back = crossover(theirs, mine)
    assert back is not None and back.at is None  # ahead for long, but not to the end


def test_a_lead_that_is_lost_again_is_no_crossover() -> None:
    mine = {1: curve((0, 0.4), (10, 0.8), (20, 0.5), (30, 0.7))}
    theirs = {1: curve((0, 0.6))}
    found = crossover(mine, theirs)
    assert found is not None and found.at == 30


def test_equal_curves_cross_at_once() -> None:
    same = {seed: curve((0, 0.1 * seed), (10, 0.7)) for seed in (1, 2, 3)}
    found = crossover(same, same)
    assert found == (3, 0, 0, 0, 0.0)


def test_nothing_in_common_is_no_crossover() -> None:
    assert crossover({1: curve((0, 0.4))}, {2: curve((0, 0.4))}) is None


def test_what_is_not_known_yet_is_not_compared() -> None:
    mine = {1: curve((10, 0.5), start=None)}
    theirs = {1: curve((5, 0.4), start=None)}
    found = crossover(mine, theirs)
    assert found is not None and found.at == 10


def test_the_interval_is_open_when_some_seeds_never_cross() -> None:
    wins, loses = curve((0, 0.4), (10, 0.9)), curve((0, 0.4), (10, 0.45))
    theirs = {seed: curve((0, 0.4), (5, 0.6)) for seed in (1, 2, 3)}
    found = crossover({1: wins, 2: wins, 3: loses}, theirs)
    assert found is not None
    # a resample loses when it holds the loser more than twice: all three, 1 of 27
    assert found.never == pytest.approx(1 / 27, abs=0.006)
    assert (found.at, found.low, found.high) == (10, 10, None)


@given(SEEDS, SEEDS)
def test_crossover_invariants(a: list[Curve], b: list[Curve]) -> None:
    mine, theirs = dict(enumerate(a)), dict(enumerate(b))
    found = crossover(mine, theirs, resamples=200)
    assert found is not None and found.n == min(len(a), len(b))
    seeds = range(found.n)
    grid = jumps([*a[: found.n], *b[: found.n]], 60)
    gaps = np.mean([step(a[s], grid) - step(b[s], grid) for s in seeds], axis=0)
    if found.at is None:
        assert gaps[-1] < 0
    else:
        assert (gaps[grid >= found.at] >= -1e-9).all()
        before = gaps[grid < found.at]
        assert not len(before) or before[-1] < 0  # the smallest such number
    if found.low is not None and found.high is not None:
        assert found.low <= found.high
