from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.studies.report.stats import (
    Interval,
    Summary,
    bootstrap_mean,
    correlate,
    holm,
    paired,
    percent_of,
    pooled,
    sign_flip,
    summarize,
)

SCORES = st.floats(0, 1)


def test_summary_by_hand() -> None:
    found = summarize([0.5, 0.6, 0.7])
    assert found.n == 3 and found.mean == pytest.approx(0.6) and found.sd == pytest.approx(0.1)
    assert found.interval is not None
    # of 27 equally likely resamples one has mean 0.5 (3.7 %, more than 2.5 %), one has mean 0.7
    assert found.interval == pytest.approx(Interval(0.5, 0.7))


@pytest.mark.parametrize(
    ("values", "summary"),
    [
        ([], Summary(0, None, None, None)),
        ([0.4], Summary(1, 0.4, None, None)),
        ([0.4, 0.6], Summary(2, 0.5, math.sqrt(0.02), None)),
    ],
)
def test_few_seeds_say_less(values: list[float], summary: Summary) -> None:
    assert summarize(values)[:3] == pytest.approx(summary[:3])
    assert summarize(values).interval is None


@given(st.lists(SCORES, min_size=3, max_size=8))
def test_the_interval_lies_in_the_data_and_repeats(values: list[float]) -> None:
    found = bootstrap_mean(values, 500)
    assert found is not None and found == bootstrap_mean(values, 500)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_the_interval_is_that_of_all_resamples() -> None:
    values = [0.61, 0.72, 0.55, 0.69, 0.70]
    means = [np.mean(resample) for resample in itertools.product(values, repeat=5)]
    assert bootstrap_mean(values) == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.004)


@pytest.mark.parametrize("value", [0.0, 0.7, 1.0])
def test_equal_values_have_a_narrow_interval_and_no_correlation(value: float) -> None:
    assert bootstrap_mean([value] * 5) == pytest.approx((value, value))
    assert correlate([value] * 5, range(5)) == (5, None, None)


def test_sign_flip_by_hand() -> None:
    # all five agree: of 32 flips only the observed one and its mirror are as far from 0
    assert sign_flip([0.1, 0.2, 0.1, 0.3, 0.2]) == 2 / 32
    # |sum| is 4; of the 8 flips of 1, 2, 3 the sums are ±6, ±4, ±2, ±0: four are as far
    assert sign_flip([-1, 2, 3]) == 4 / 8
    assert sign_flip([0.0, 0.0, 0.0]) == 1.0
    # 0 but for rounding: every flip is as far
    assert sign_flip([0.1, 0.2, -0.3]) == 1.0


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=7))
def test_sign_flip_counts_every_flip(values: list[int]) -> None:
    sums = [
        abs(sum(v * s for v, s in zip(values, signs, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(values))
    ]
    p = sum(s >= abs(sum(values)) for s in sums) / len(sums)
    assert sign_flip(values) == p
    assert (
        sign_flip([value / 1221 for value in values]) == p
    )  # equal sums that rounding tells apart


def test_many_pairs_are_sampled() -> None:
    values = [0.1] * 14 + [-0.1] * 6
    exact = 2 * sum(math.comb(20, k) for k in range(7)) / 2**20  # equal sizes: the sign test
    assert sign_flip(values) == pytest.approx(exact, abs=0.005)
    assert sign_flip([1.0] * 40) == pytest.approx(1 / 100_001)  # never 0
    assert sign_flip(values) == sign_flip(values)


def test_paired_takes_common_seeds_only() -> None:
    found = paired({1: 0.7, 2: 0.8, 9: 0.1}, {1: 0.6, 2: 0.6, 8: 0.9})
    assert found is not None
    assert found.n == 2 and found.difference == pytest.approx(0.15)
    assert found.p is None and found.interval is None
    assert paired({1: 0.5}, {2: 0.5}) is None


@pytest.mark.parametrize(("n", "tested"), [(4, False), (5, True)])
def test_no_test_below_five_pairs(n: int, tested: bool) -> None:
    found = paired({s: 0.7 + s / 100 for s in range(n)}, dict.fromkeys(range(n), 0.6))
    assert found is not None and (found.p is not None) == tested
    assert found.interval is not None


def test_holm_by_hand() -> None:
    # sorted 0.01, 0.02, 0.03, 0.04: ×4, ×3, ×2, ×1 = 0.04, 0.06, 0.06, 0.04 → never falling
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(SCORES, max_size=12))
def test_holm_keeps_the_order_and_only_raises(ps: list[float]) -> None:
    corrected = holm(ps)
    assert all(p <= c <= 1 for p, c in zip(ps, corrected, strict=True))
    pairs = sorted(zip(ps, corrected, strict=True))
    assert all(a[1] <= b[1] for a, b in itertools.pairwise(pairs))
    # never stricter than Bonferroni
    assert all(c <= len(ps) * p + 1e-12 for p, c in zip(ps, corrected, strict=True))


def test_percent_of_full_shot() -> None:
    assert percent_of({1: 0.45, 2: 0.4}, {1: 0.9, 2: 0.8}) == pytest.approx(50)
    # seed 3 has no reference of its own: the mean, 0.85
    assert percent_of({3: 0.85}, {1: 0.9, 2: 0.8}) == pytest.approx(100)
    assert percent_of({}, {1: 0.9}) is None
    assert percent_of({1: 0.4}, {}) is None
    assert percent_of({1: 0.4}, {1: 0.0}) is None


POINT = st.tuples(st.integers(0, 5), st.integers(0, 5))


def ranks(values: list[float]) -> list[float]:
    """From 1; equal values share the mean of theirs."""
    return [sum(v < one for v in values) + (values.count(one) + 1) / 2 for one in values]


@given(st.lists(POINT, min_size=3, max_size=20))
def test_correlations_by_definition(points: list[tuple[int, int]]) -> None:
    x, y = [float(a) for a, _ in points], [float(b) for _, b in points]
    found = correlate(x, y)
    assert found.n == len(points)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert found.pearson is None and found.spearman is None
    else:
        spearman = statistics.correlation(ranks(x), ranks(y))
        assert found.pearson == pytest.approx(statistics.correlation(x, y), abs=1e-9)
        assert found.spearman == pytest.approx(spearman, abs=1e-9)


def test_two_points_are_no_correlation() -> None:
    assert correlate([1, 2], [2, 1]) == (2, None, None)


def test_pooled_looks_within_runs_only() -> None:
    # within each run perfectly negative; across runs the means rise together
    runs = [([0.1, 0.2, 0.3], [3.0, 2.0, 1.0]), ([0.7, 0.8, 0.9], [9.0, 8.0, 7.0])]
    found = pooled(runs)
    assert (found.runs, found.n) == (2, 6)
    assert found.pearson == pytest.approx(-1) and found.spearman == pytest.approx(-1)
    assert found.pearson_interval is None  # two runs
    flat = correlate([*runs[0][0], *runs[1][0]], [*runs[0][1], *runs[1][1]])
    assert flat.pearson is not None and flat.pearson > 0


def test_pooled_interval_is_over_runs() -> None:
    same = ([0.1, 0.5, 0.9], [3.0, 1.0, 2.0])
    found = pooled([same] * 4)
    assert found.pearson is not None
    assert found.pearson_interval == pytest.approx((found.pearson, found.pearson))


def test_pooled_without_anything_to_say() -> None:
    assert pooled([]) == (0, 0, None, None, None, None)
    assert pooled([([0.5], [1.0])]).pearson is None
    assert pooled([([0.5, 0.5], [1.0, 2.0])] * 3).pearson_interval is None
