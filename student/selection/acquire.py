"""Which texts of a pool are worth a label: acquisition policies, one function each.

What a policy gets is what the student makes of the texts (class probabilities), and where the base
encoder, which has learnt nothing, puts them (embeddings). It gives places, no two alike, of `n`
texts, or of all where there are fewer. Uncertain texts teach a student that knows something; one
that knows nothing yet is better served by typical ones (Hacohen et al. 2022); `random` is what any
of them must beat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from student.unit import unit_vectors

Floats = npt.NDArray[np.floating[Any]]
Acquire = Callable[[Sequence[str], Floats, Floats, int, Random], list[int]]
"""(texts, probabilities [texts, labels], embeddings [texts, width], n, rng) → n places."""

NEIGHBOURS = 20
"""Nearest texts that typicality is the nearness to (TypiClust, section 3.2)."""
MEMBERS = 1000
"""Of a larger cluster so many, drawn at random, stand for it: each is held against every other."""
CLUSTERED = 20_000
"""Most texts, drawn at random, that the middles of clusters are found on."""
STEP = 2048
"""Texts of one step of the clustering."""


def random(
    texts: Sequence[str], probabilities: Floats, embeddings: Floats, n: int, rng: Random
) -> list[int]:
    """Any of them."""
    return rng.sample(range(len(texts)), min(n, len(texts)))


def margin(
    texts: Sequence[str], probabilities: Floats, embeddings: Floats, n: int, rng: Random
) -> list[int]:
    """Least difference between the two likeliest classes (Scheffer et al. 2001)."""
    return _least(_margins(probabilities), n, rng)


def entropy(
    texts: Sequence[str], probabilities: Floats, embeddings: Floats, n: int, rng: Random
) -> list[int]:
    """Greatest entropy of the classes."""
    p = np.clip(probabilities, 1e-12, 1.0)
    return _least((p * np.log(p)).sum(1), n, rng)


def least_confidence(
    texts: Sequence[str], probabilities: Floats, embeddings: Floats, n: int, rng: Random
) -> list[int]:
    """Least probability of the likeliest class (Lewis & Gale 1994)."""
    return _least(probabilities.max(1), n, rng)


def kmeans_pp(
    texts: Sequence[str], probabilities: Floats, embeddings: Floats, n: int, rng: Random
) -> list[int]:
    """Uncertain and different from one another: BADGE (Ash et al. 2020, arXiv 1906.03671).

    k-means++ over the gradients that the last layer would get from the predicted label: the outer
    product of (p − one-hot) and the text's embedding. Each draw is in proportion to the squared
    distance to what is drawn already, the first to the squared length. The product is never made:
    its dot products are those of the two factors, multiplied.
    """
    error = probabilities.astype(np.float32)
    error[np.arange(len(error)), error.argmax(1)] -= 1
    place = embeddings.astype(np.float32, copy=False)
    squared = (error**2).sum(1) * np.einsum("ij,ij->i", place, place)
    nearest, picked = squared.astype(np.float64), list[int]()
    while len(picked) < min(n, len(texts)):
        picked.append(_drawn(nearest, picked, rng))
        last = picked[-1]
        dots = (error @ error[last]) * (place @ place[last])
        nearest = np.minimum(nearest, np.maximum(squared + squared[last] - 2 * dots, 0))
        nearest[picked] = 0
    return picked


def typicality(
    texts: Sequence[str], probabilities: Floats, embeddings: Floats, n: int, rng: Random
) -> list[int]:
    """The most typical text of each of n clusters: TypiClust (Hacohen et al. 2022, 2202.02794).

    Typicality is 1 / mean distance to the 20 nearest texts of the cluster, embeddings at length 1.
    """
    vectors = unit_vectors(embeddings.astype(np.float32))

    def best(members: npt.NDArray[np.intp]) -> int:
        if len(members) > MEMBERS:
            members = members[rng.sample(range(len(members)), MEMBERS)]
        return int(members[_mean_distance(vectors[members]).argmin()])

    return _one_a_cluster(vectors, n, rng, best)


def cluster_margin(
    texts: Sequence[str], probabilities: Floats, embeddings: Floats, n: int, rng: Random
) -> list[int]:
    """The text of least margin of each of n clusters (after Citovsky et al. 2021, 2107.14263)."""
    margins = _margins(probabilities)
    vectors = unit_vectors(embeddings.astype(np.float32))
    return _one_a_cluster(vectors, n, rng, lambda members: int(members[margins[members].argmin()]))


ACQUIRE: Mapping[str, Acquire] = {
    policy.__name__: policy
    for policy in (
        random,
        margin,
        entropy,
        least_confidence,
        kmeans_pp,
        typicality,
        cluster_margin,
    )
}
"""By name, as configs have it."""


def _margins(probabilities: Floats) -> Floats:
    top: Floats = np.partition(probabilities, -2, axis=1)[:, -2:]
    return top[:, 1] - top[:, 0]


def _least(scores: Floats, n: int, rng: Random) -> list[int]:
    """Places of the n least scores, least first; equal ones by chance."""
    chance = rng.sample(range(len(scores)), len(scores))
    return [chance[i] for i in np.argsort(scores[chance], kind="stable")[:n]]


def _drawn(weights: Floats, taken: Sequence[int], rng: Random) -> int:
    """A place, drawn in proportion to the weights; any other than the taken where all are 0."""
    summed = np.cumsum(weights)
    if summed[-1] <= 0:
        left = [place for place in range(len(weights)) if place not in taken]
        return rng.choice(left)
    place: int = np.searchsorted(summed, rng.random() * summed[-1], side="right").item()
    return place


def _mean_distance(vectors: npt.NDArray[np.float32]) -> Floats:
    """Of each vector to its nearest others."""
    k = min(NEIGHBOURS, len(vectors) - 1)
    if k == 0:
        return np.zeros(1, dtype=np.float32)
    squared = np.maximum(2 - 2 * (vectors @ vectors.T), 0)
    np.fill_diagonal(squared, np.inf)
    nearest = np.partition(squared, k - 1, axis=1)[:, :k]
    found: Floats = np.sqrt(nearest).mean(1)
    return found


def _one_a_cluster(
    vectors: npt.NDArray[np.float32],
    n: int,
    rng: Random,
    best: Callable[[npt.NDArray[np.intp]], int],
) -> list[int]:
    """The best text of each of n clusters, of the largest first.

    Where texts are equal there are fewer clusters than asked for: those left over get their next
    best, until there are n.
    """
    from sklearn.cluster import MiniBatchKMeans

    n = min(n, len(vectors))
    if n == 0:
        return []
    drawn = rng.sample(range(len(vectors)), min(CLUSTERED, len(vectors)))
    seed = rng.randrange(2**31)
    clustering: Any = MiniBatchKMeans(n, random_state=seed, batch_size=STEP, n_init=1)  # type: ignore[no-untyped-call]
    of = clustering.fit(vectors[drawn]).predict(vectors)
    left = [np.flatnonzero(of == cluster) for cluster in range(n)]
    picked: list[int] = []
    while len(picked) < n:
        left = sorted((members for members in left if len(members)), key=len, reverse=True)
        for place, members in enumerate(left[: n - len(picked)]):
            picked.append(best(members))
            left[place] = members[members != picked[-1]]
    return picked
