"""Acquisition policies, by cases worked by hand and by planted structure."""

from collections import Counter
from random import Random

import numpy as np
import pytest

from student.selection.acquire import ACQUIRE, MEMBERS

THREE = np.array([[0.50, 0.45, 0.05], [0.40, 0.20, 0.40], [0.90, 0.05, 0.05], [0.34, 0.33, 0.33]])
SPREAD = np.random.default_rng(1).normal(size=(4, 8)).astype(np.float32)


def _pick(name: str, probabilities, embeddings, n: int, seed: int = 1) -> list[int]:
    texts = [f"text {i}" for i in range(len(embeddings))]
    return ACQUIRE[name](texts, probabilities, embeddings, n, Random(seed))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("margin", [1, 3, 0, 2]),
        ("least_confidence", [3, 1, 0, 2]),
        ("entropy", [3, 1, 0, 2]),
    ],
)
def test_uncertain_ones_first(name: str, expected: list[int]) -> None:
    assert _pick(name, THREE, SPREAD, 4) == expected
    assert _pick(name, THREE, SPREAD, 2) == expected[:2]


@pytest.mark.parametrize("name", ACQUIRE)
@pytest.mark.parametrize("n", [0, 1, 3, 9])
def test_every_policy_gives_different_places(name: str, n: int) -> None:
    found = _pick(name, THREE, SPREAD, n)
    assert len(found) == len({*found}) == min(n, 4)
    assert {*found} <= {*range(4)}
    assert found == _pick(name, THREE, SPREAD, n)


@pytest.mark.parametrize("name", ACQUIRE)
def test_equal_texts_and_equal_answers_are_no_trouble(name: str) -> None:
    same = np.ones((6, 4), dtype=np.float32)
    found = _pick(name, np.full((6, 3), 1 / 3), same, 5)
    assert len({*found}) == 5


@pytest.mark.parametrize("name", ["random", "margin", "entropy", "least_confidence"])
def test_ties_go_by_chance(name: str) -> None:
    counts = Counter(_pick(name, np.full((4, 2), 0.5), SPREAD, 1, seed)[0] for seed in range(200))
    assert min(counts[place] for place in range(4)) > 25


def _clusters(sizes: list[int], scale: float = 0.2) -> np.ndarray:
    """Unit directions far apart, so many texts around each; the first is its middle."""
    rng = np.random.default_rng(3)
    parts = []
    for axis, size in enumerate(sizes):
        middle = np.eye(8)[axis]
        noise = rng.normal(scale=scale, size=(size, 8))
        noise[0] = 0
        parts.append(middle + noise)
    return np.concatenate(parts).astype(np.float32)


def test_typical_ones_are_the_middles_of_clusters() -> None:
    vectors = _clusters([40, 30, 20])
    assert {*_pick("typicality", np.full((90, 2), 0.5), vectors, 3)} == {0, 40, 70}


def test_the_least_margin_of_each_cluster() -> None:
    vectors = _clusters([40, 30, 20])
    sure = np.tile([0.9, 0.1], (90, 1))
    sure[[5, 6, 44, 88]] = [[0.51, 0.49], [0.5, 0.5], [0.6, 0.4], [0.7, 0.3]]
    assert {*_pick("cluster_margin", sure, vectors, 3)} == {6, 44, 88}


def test_a_large_cluster_is_sampled() -> None:
    vectors = np.random.default_rng(5).normal(size=(3 * MEMBERS, 4)).astype(np.float32)
    assert len({*_pick("typicality", np.full((len(vectors), 2), 0.5), vectors, 2)}) == 2


def test_badge_by_the_gradients_themselves() -> None:
    """The factored distances must be those of the outer products."""
    rng = np.random.default_rng(7)
    p = rng.dirichlet(np.ones(3), size=30)
    places = rng.normal(size=(30, 5)).astype(np.float32)
    found = _pick("kmeans_pp", p, places, 6, seed=11)

    error = p - np.eye(3)[p.argmax(1)]
    gradients = np.einsum("ic,id->icd", error, places).reshape(30, -1)
    draws, nearest, expected = Random(11), (gradients**2).sum(1), []
    for _ in range(6):
        summed = np.cumsum(nearest)
        expected.append(int(np.searchsorted(summed, draws.random() * summed[-1], side="right")))
        away = ((gradients - gradients[expected[-1]]) ** 2).sum(1)
        nearest = np.minimum(nearest, away)
    assert found == expected


def test_badge_spreads_over_what_is_uncertain() -> None:
    vectors = _clusters([40, 40, 40], scale=0.05)
    p = np.tile([0.999, 0.001], (120, 1))
    p[[3, 50, 51, 52, 53]] = [0.5, 0.5]  # two clusters hold uncertain ones, the third none
    hits = Counter(place for seed in range(50) for place in _pick("kmeans_pp", p, vectors, 2, seed))
    assert hits[3] > 35  # four others are uncertain in the other cluster, and near one another
    assert sum(hits[place] for place in (3, 50, 51, 52, 53)) > 95
