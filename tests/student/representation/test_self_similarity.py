from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from student.representation.self_similarity import self_similarity
from tests.student.representation.made import drawn, plane


@pytest.mark.parametrize("rows", [2, 3, 17])
def test_the_mean_over_all_pairs(rows: int) -> None:
    units = drawn(rows, seed=rows).astype(np.float64)
    pairs = [float(one @ other) for one, other in combinations(units, 2)]
    assert self_similarity(units.astype(np.float32)) == pytest.approx(np.mean(pairs), abs=1e-6)


def test_by_hand() -> None:
    assert self_similarity(plane(0, 90)) == pytest.approx(0, abs=1e-6)
    assert self_similarity(plane(10, 10, 10)) == pytest.approx(1, abs=1e-6)
    assert self_similarity(plane(0, 180)) == pytest.approx(-1, abs=1e-6)
    assert self_similarity(plane(0, 60, 120)) == pytest.approx((0.5 + 0.5 - 0.5) / 3, abs=1e-6)


def test_no_pair() -> None:
    assert self_similarity(plane(0)) is None
    assert self_similarity(np.empty((0, 0), dtype=np.float32)) is None
