"""Accuracy by coverage, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.abstention import CoveragePoint, abstention_curve


def curve_of(*rows: tuple[float, bool]):  # type: ignore[no-untyped-def]
    shares = np.array([(p, 1 - p) for p, _ in rows])
    return abstention_curve(np.log(shares), [int(not right) for _, right in rows])


def test_by_hand() -> None:
    found = curve_of((0.7, False), (0.9, True), (0.6, True), (0.8, True))
    assert found.points == (
        pytest.approx(CoveragePoint(0.25, 1.0, 0.9)),
        pytest.approx(CoveragePoint(0.5, 1.0, 0.8)),
        pytest.approx(CoveragePoint(0.75, 2 / 3, 0.7)),
        pytest.approx(CoveragePoint(1.0, 0.75, 0.6)),
    )
    assert found.area == pytest.approx((1 + 1 + 2 / 3 + 0.75) / 4)
    assert found.at_accuracy(0.9) == found.points[1]
    assert found.at_accuracy(0.7) == found.points[3]
    assert found.at_coverage(0.5) == found.points[1]
    assert found.at_coverage(0.51) == found.points[2]


def test_rows_of_equal_confidence_come_in_together() -> None:
    found = curve_of((0.8, True), (0.8, False), (0.9, True))
    assert [point.coverage for point in found.points] == pytest.approx([1 / 3, 1.0])
    assert found.area == pytest.approx((1 + 0.75 + 2 / 3) / 3)


def test_an_accuracy_that_is_never_reached() -> None:
    assert curve_of((0.9, False), (0.8, True)).at_accuracy(0.6) is None


@given(st.lists(st.tuples(st.floats(0.5, 0.999), st.booleans()), min_size=1, max_size=300))
def test_any_rows(rows: list[tuple[float, bool]]) -> None:
    found = curve_of(*rows)
    coverages = [point.coverage for point in found.points]
    assert coverages == sorted(set(coverages)) and coverages[-1] == 1.0
    assert found.points[-1].accuracy == pytest.approx(np.mean([right for _, right in rows]))
    assert 0 <= found.area <= 1
    thin = found.thinned(10)
    assert len(thin.points) <= 10 and thin.area == found.area
    assert thin.points[0] == found.points[0] and thin.points[-1] == found.points[-1]
    for wanted in (0.1, 0.5, 1.0):
        assert found.at_coverage(wanted).coverage >= wanted - 1e-12
