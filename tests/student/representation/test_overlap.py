from __future__ import annotations

import numpy as np
import pytest

from student.encoder.embeddings import Vectors
from student.representation import overlap as module
from student.representation.overlap import Overlap, overlap
from tests.student.representation.made import drawn, plane


def slow(written: Vectors, real: Vectors, k: int) -> Overlap:
    """Ball by ball, by Euclidean distance, as the papers write it."""

    def distance(one: Vectors, other: Vectors) -> float:
        return float(np.linalg.norm(one.astype(np.float64) - other.astype(np.float64)))

    def radii(rows: Vectors) -> list[float]:
        return [
            sorted(distance(row, other) for j, other in enumerate(rows) if j != i)[k - 1]
            for i, row in enumerate(rows)
        ]

    def within(points: Vectors, centres: Vectors, reach: list[float]) -> float:
        """Share of points in some ball."""
        return float(
            np.mean(
                [
                    any(
                        distance(point, centre) <= far + 1e-7
                        for centre, far in zip(centres, reach, strict=True)
                    )
                    for point in points
                ]
            )
        )

    reach = radii(real)
    covered = [
        any(distance(row, centre) <= far + 1e-7 for row in written)
        for centre, far in zip(real, reach, strict=True)
    ]
    recall = within(real, written, radii(written)) if len(written) > k else None
    return Overlap(within(written, real, reach), recall, float(np.mean(covered)))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("k", [1, 3, 5])
def test_against_ball_by_ball(monkeypatch: pytest.MonkeyPatch, seed: int, k: int) -> None:
    both = drawn(25 + 5 * seed, 3, seed=seed)
    written, real = both[21:], both[:21]
    expected = slow(written, real, k)
    assert overlap(written, real, k) == pytest.approx(expected)
    monkeypatch.setattr(module, "BLOCK", 4)
    assert overlap(written, real, k) == pytest.approx(expected)
    assert expected.precision > 0 and expected.coverage > 0, "a case that says something"


def test_by_hand() -> None:
    """Real rows at 0, 10, 20 and 90, 100, 110 degrees; k = 1: balls of 10 degrees."""
    real = plane(0, 10, 20, 90, 100, 110)
    assert overlap(plane(5, 15), real, 1) == pytest.approx((1.0, 3 / 6, 3 / 6))
    # a row far from all is not precise; its ball, as wide as the way to its next, takes rows in
    assert overlap(plane(5, 200), real, 1) == pytest.approx((0.5, 1.0, 2 / 6))
    assert overlap(plane(200), real, 1) == pytest.approx((0.0, None, 0.0))


def test_one_written_row_again_and_again() -> None:
    """All in one place: as precise as can be, and nothing covered besides."""
    real = plane(*range(0, 180, 4))
    found = overlap(plane(*[90] * 20), real, 2)
    assert found is not None
    assert found.precision == 1.0 and found.coverage < 0.15
    assert found.recall is not None and found.recall < 0.1


def test_the_real_rows_themselves() -> None:
    real = drawn(40, 16, seed=9)
    assert overlap(real, real) == pytest.approx((1.0, 1.0, 1.0))


def test_too_few_rows() -> None:
    assert overlap(drawn(3), drawn(5), k=5) is None
    assert overlap(drawn(3)[:0], drawn(9), k=5) is None
    found = overlap(drawn(5), drawn(9), k=5)
    assert found is not None and found.recall is None
