from __future__ import annotations

import numpy as np
import pytest

from student.representation import nearness as module
from student.representation.nearness import nearest_cosines, nearness
from tests.student.representation.made import drawn, plane


def test_by_hand() -> None:
    found = nearest_cosines(plane(0, 60, 180), plane(0, 90))
    assert found == pytest.approx([1, np.cos(np.radians(30)), 0], abs=1e-6)
    told = nearness(found)
    assert told is not None
    assert told.max == pytest.approx(1, abs=1e-6)
    assert told.mean == pytest.approx((1 + np.cos(np.radians(30))) / 3, abs=1e-6)
    assert told.mean < told.q95 < told.max


def test_blocks_leave_no_row_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, others = drawn(23, seed=1), drawn(9, seed=2)
    slow = [max(float(row @ other) for other in others) for row in rows]
    assert nearest_cosines(rows, others) == pytest.approx(slow, abs=1e-6)
    monkeypatch.setattr(module, "BLOCK", 4)
    assert nearest_cosines(rows, others) == pytest.approx(slow, abs=1e-6)


def test_a_copy_shows() -> None:
    others = drawn(50, 32, seed=3)
    rows = np.concatenate([drawn(40, 32, seed=4), others[:1]])
    told = nearness(nearest_cosines(rows, others))
    assert told is not None and told.max == pytest.approx(1, abs=1e-6)
    assert told.q95 < 0.99, "one copy of 41 is not in the quantile"


def test_no_rows() -> None:
    assert nearness(nearest_cosines(drawn(3)[:0], drawn(3))) is None
    assert nearness(nearest_cosines(np.empty((0, 0), dtype=np.float32), drawn(3))) is None
