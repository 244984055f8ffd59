"""Tests over data sets, equivalence and power: against scipy, known values, and made-up studies."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from evokd.studies.report.inference import detectable, equivalence, spread_of, stratified
from evokd.studies.report.stats import holm, sign_flip

WHOLE = st.lists(st.integers(-9, 9), min_size=1, max_size=4)


def test_one_data_set_is_the_plain_test() -> None:
    values = [0.1, 0.2, -0.05, 0.3, 0.2, 0.15]
    found = stratified([values])
    assert found is not None
    assert found.p == sign_flip(values) and found.difference == pytest.approx(np.mean(values))
    assert (found.strata, found.n) == (1, 6)


@given(WHOLE, WHOLE)
def test_every_flip_is_counted(first: list[int], second: list[int]) -> None:
    assume(len(first) + len(second) >= 5)

    def mean(signs: tuple[int, ...]) -> float:
        a, b = signs[: len(first)], signs[len(first) :]
        one = sum(v * s for v, s in zip(first, a, strict=True)) / len(first)
        other = sum(v * s for v, s in zip(second, b, strict=True)) / len(second)
        return (one + other) / 2

    every = list(itertools.product((1, -1), repeat=len(first) + len(second)))
    observed = abs(mean((1,) * (len(first) + len(second))))
    expected = sum(abs(mean(signs)) >= observed - 1e-9 for signs in every) / len(every)
    found = stratified([first, second])
    assert found is not None and found.p == pytest.approx(expected)


def test_data_sets_count_alike() -> None:
    found = stratified([[0.4], [0.0] * 9])
    assert found is not None and found.difference == pytest.approx(0.2)
    assert found.interval is None  # a data set of one seed can't be resampled
    assert stratified([[], []]) is None
    few = stratified([[0.1, 0.2]])
    assert few is not None and few.p is None and few.interval is None


def test_the_interval_resamples_data_sets_apart() -> None:
    """Two sets with the same values: resampled together the interval would be wider by √2."""
    values = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    one, two = stratified([values]), stratified([values, values])
    assert one is not None and two is not None and one.interval and two.interval
    wide = one.interval.high - one.interval.low
    assert two.interval.high - two.interval.low == pytest.approx(wide / 2**0.5, rel=0.08)


def test_spread() -> None:
    found = spread_of([[0.0, 2.0], [10.0, 12.0]])
    assert found is not None
    assert found.sd == pytest.approx(2**0.5) and found.df == 2
    assert found.error == pytest.approx(2**0.5 * 1 / 2)
    assert spread_of([[1.0], [2.0]]) is None


@given(st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=9), st.floats(0.005, 0.1))
def test_equivalence_of_one_set_is_two_t_tests(values: list[float], margin: float) -> None:
    assume(np.std(values) > 1e-4)
    lower = ttest_1samp(values, -margin, alternative="greater").pvalue
    upper = ttest_1samp(values, margin, alternative="less").pvalue
    assert equivalence([values], margin) == pytest.approx(max(lower, upper), abs=1e-9)


def test_equivalence_without_spread() -> None:
    assert equivalence([[0.01, 0.01, 0.01]], 0.02) == 0.0
    assert equivalence([[0.03, 0.03, 0.03]], 0.02) == 1.0
    assert equivalence([[0.7 - 0.68] * 3], 0.02) == 1.0  # at the margin, but for rounding
    assert equivalence([[0.01, 0.02]], 0.02) is None


def test_power_by_known_values() -> None:
    # paired t-test, two-sided 0.05, 80 %: d = 0.5 needs 34 pairs, d = 0.8 15, d = 1 10 (G*Power)
    for pairs, effect in ((34, 0.5), (15, 0.8), (10, 1.0)):
        now, fewer = detectable(pairs, 1.0), detectable(pairs - 1, 1.0)
        assert now is not None and fewer is not None
        assert now <= effect < fewer
    assert detectable(10, 0.03) == pytest.approx(0.03 * (detectable(10, 1.0) or 0))
    assert detectable(5, 0.03) is None  # 2 / 2^5 is over 0.05
    assert detectable(6, 0.0) == 0.0


def studies(effect: float, seeds: int, number: int = 200) -> list[list[list[float]]]:
    """Paired differences of made-up studies on three data sets: sd 0.03, own means of the sets."""
    rng = random.Random(f"{effect} {seeds}")
    return [
        [[effect + rng.gauss(0, 0.03) for _ in range(seeds)] for _ in range(3)]
        for _ in range(number)
    ]


def test_a_planted_effect_is_seen_and_a_null_is_not() -> None:
    """In 200 studies of 3 × 4 pairs: power at the tabled difference, 5 % false alarms."""
    planted = detectable(12, 0.03)
    assert planted is not None
    seen = [(stratified(one, 200)) for one in studies(planted, 4)]
    hits = sum(found.p < 0.05 for found in seen if found is not None and found.p is not None)
    assert 0.72 <= hits / 200 <= 0.88
    false = [stratified(one, 200) for one in studies(0.0, 4)]
    alarms = sum(found.p < 0.05 for found in false if found is not None and found.p is not None)
    assert alarms / 200 <= 0.09


def test_equivalence_is_shown_for_a_null_and_never_at_the_margin() -> None:
    same = sum((equivalence(one, 0.03) or 0) < 0.05 for one in studies(0.0, 4))
    other = sum((equivalence(one, 0.03) or 0) < 0.05 for one in studies(0.03, 4))
    assert same / 200 > 0.8 and other / 200 <= 0.09


def test_holm_keeps_false_alarms_of_many_arms_down() -> None:
    rounds = []
    for number in range(60):
        rng = random.Random(number)
        ps = [
            found.p
            for _ in range(6)
            if (found := stratified([[rng.gauss(0, 0.03) for _ in range(8)]], 50)) and found.p
        ]
        rounds.append(min(holm(ps)) < 0.05)
    assert sum(rounds) / 60 <= 0.1
