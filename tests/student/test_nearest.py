from __future__ import annotations

import random

import numpy as np
import pytest

from student.selection.nearest import Found, nearest, nearest_rows

EAST, NORTH, NORTH_EAST = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)


def vectors(*rows: tuple[float, float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_length_plays_no_part_and_the_nearest_comes_first() -> None:
    offered = vectors((0.1, 0.0), (0.0, 100.0), NORTH_EAST)
    assert nearest(vectors(NORTH), offered, 2) == [Found(1, 0), Found(2, 0)]


def test_places_are_spread_over_what_is_sought() -> None:
    offered = vectors(*[EAST] * 5, NORTH_EAST, NORTH)
    found = nearest(vectors(EAST, NORTH), offered, 4)
    assert [one.sought for one in found] == [0, 1, 0, 1]
    assert {one.offered for one in found if one.sought == 1} == {5, 6}


def test_a_text_that_two_seek_is_taken_once() -> None:
    found = nearest(vectors(EAST, EAST), vectors(EAST, NORTH_EAST, NORTH), 3)
    assert sorted(one.offered for one in found) == [0, 1, 2]


@pytest.mark.parametrize(("n", "offered"), [(0, 3), (9, 3), (2, 0)])
def test_never_more_than_there_are(n: int, offered: int) -> None:
    rows = vectors(*[EAST] * offered).reshape(offered, 2)
    assert len(nearest(vectors(NORTH), rows, n)) == min(n, offered)
    assert nearest(vectors().reshape(0, 2), rows, n) == []


def test_vectors_without_length_are_no_error() -> None:
    assert nearest(vectors((0, 0)), vectors((0, 0), EAST), 2) == [Found(0, 0), Found(1, 0)]


def test_it_is_what_a_search_through_all_finds() -> None:
    rng = np.random.default_rng(random.Random(1).randrange(99))
    sought, offered = (rng.normal(size=(n, 8)).astype(np.float32) for n in (3, 200))
    unit = offered / np.linalg.norm(offered, axis=1, keepdims=True)
    for place, row in enumerate(sought):
        alone = nearest(sought[place : place + 1], offered, 7)
        assert [one.offered for one in alone] == np.argsort(-(unit @ row))[:7].tolist()


def test_each_text_has_its_own_rows_the_nearest_last() -> None:
    rows = vectors(EAST, (0.0, 5.0), (3.0, 3.0))
    texts = vectors((2.0, 0.1), NORTH)
    assert nearest_rows(texts, rows, 2) == [[2, 0], [2, 1]]
    assert nearest_rows(texts, rows, 9) == [[1, 2, 0], [0, 2, 1]]
