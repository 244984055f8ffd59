"""Tokens to another's best, against cases small enough to read off."""

from __future__ import annotations

import math

import pytest

from evokd.studies.report.curves import Curve
from evokd.studies.report.reach import reach

RIVAL = Curve(0.2, (100, 200, 400), (0.4, 0.6, 0.5))  # its best at 200


def test_half_of_the_tokens() -> None:
    mine = Curve(0.2, (50, 100, 300), (0.5, 0.7, 0.1))
    found = reach({1: mine}, {1: RIVAL, 2: RIVAL})
    assert found is not None
    assert (found.n, found.theirs_at, found.at, found.ratio) == (1, 200, 100, 0.5)
    assert found.target == pytest.approx(0.6)
    assert found.interval is None and found.never is None


def test_the_mean_is_what_must_get_there() -> None:
    mine = {1: Curve(0.0, (100, 400), (0.8, 0.8)), 2: Curve(0.0, (100, 400), (0.2, 0.4))}
    found = reach(mine, {1: RIVAL, 2: RIVAL})
    assert found is not None and (found.at, found.ratio) == (400, 2.0)


def test_never_is_no_number() -> None:
    mine = {seed: Curve(0.0, (100,), (0.1,)) for seed in (1, 2, 3)}
    found = reach(mine, dict.fromkeys((1, 2, 3), RIVAL))
    assert found is not None and (found.at, found.ratio, found.never) == (None, None, 1.0)
    assert found.interval is not None and math.isinf(found.interval.low)


def test_an_open_interval_says_so() -> None:
    mine = {1: Curve(0.0, (100,), (1.0,)), 2: Curve(0.0, (100,), (1.0,)), 3: Curve(0, (9,), (0.1,))}
    found = reach(mine, dict.fromkeys((1, 2, 3), RIVAL))
    assert found is not None and found.ratio == 0.5 and found.interval is not None
    assert found.interval.low == 0.5 and math.isinf(found.interval.high)
    assert found.never is not None and 0 < found.never < 1


def test_a_rival_that_was_best_at_its_start_has_no_ratio() -> None:
    falls = {1: Curve(0.6, (100,), (0.3,))}
    found = reach({1: Curve(0.1, (50,), (0.7,))}, falls)
    assert found is not None and (found.theirs_at, found.at, found.ratio) == (0, 50, None)


def test_seeds_in_common_or_nothing() -> None:
    assert reach({1: RIVAL}, {2: RIVAL}) is None
