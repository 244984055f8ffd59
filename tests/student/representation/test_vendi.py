from __future__ import annotations

import numpy as np
import pytest

from student.encoder.embeddings import Vectors
from student.representation.vendi import vendi_score
from student.unit import unit_vectors
from tests.student.representation.made import drawn, plane


def direct(units: Vectors) -> float:
    """The definition: all eigenvalues of the n x n kernel over n."""
    kernel = units.astype(np.float64) @ units.astype(np.float64).T / len(units)
    found = np.linalg.eigvals(kernel).real
    found = found[found > 1e-12]
    return float(np.exp(-(found * np.log(found)).sum()))


@pytest.mark.parametrize("rows", [1, 5, 30])
def test_rows_that_are_one_count_as_one(rows: int) -> None:
    assert vendi_score(np.repeat(drawn(1, 12), rows, axis=0)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("rows", [1, 4, 16])
def test_rows_at_right_angles_count_each(rows: int) -> None:
    assert vendi_score(np.eye(16, dtype=np.float32)[:rows]) == pytest.approx(rows)


def test_by_hand() -> None:
    """Two rows of cosine 1/2: eigenvalues of K / 2 are 3/4 and 1/4."""
    expected = float(np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25))))
    assert vendi_score(plane(0, 60)) == pytest.approx(expected, abs=1e-6)
    assert vendi_score(plane(0, 60, 0, 60)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("rows", "width"), [(3, 8), (8, 8), (9, 8), (60, 8), (20, 64)])
def test_the_smaller_matrix_says_what_the_definition_says(rows: int, width: int) -> None:
    units = drawn(rows, width, seed=rows)
    found = vendi_score(units)
    assert found == pytest.approx(direct(units), rel=1e-6)
    assert found is not None and 1 <= found <= min(rows, width)


def test_nothing_to_count() -> None:
    assert vendi_score(np.empty((0, 0), dtype=np.float32)) is None
    assert vendi_score(unit_vectors(np.zeros((3, 4), dtype=np.float32))) is None
