"""What was picked from the pool, and why: a line of picked.jsonl each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evokd.tasks.example import Example
from evokd.tasks.pool import PoolText
from evokd.tasks.text import normalise

if TYPE_CHECKING:
    from student.selection.acquire import Floats


@dataclass(frozen=True, slots=True)
class Pick:
    """One text of the pool, and what the student made of it when it was picked."""

    row: str
    """Its id in the run from now on, `r001-pool-17`."""
    pool: str
    """Its id in the pool, `pool-17`."""
    policy: str
    score: float | None
    """What the policy ranks by (least sure first), where one text has a number of its own: margin,
    entropy, or the probability that is lacking to 1. None for those that weigh texts against one
    another."""
    predicted: str
    """The student's label before any was asked for."""
    probability: float
    margin: float
    """Probability of the likeliest label minus that of the next, in [0, 1]."""
    entropy: float
    """Of the student's distribution, nats."""
    candidates: int
    """Texts that it was picked from."""
    shown: tuple[str, ...] = ()
    """Labelled rows that the labeler sees with it."""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "shown": list(self.shown)}

    @classmethod
    def from_json(cls, data: Any) -> Pick:
        """The inverse of `to_json`."""
        return cls(**{**data, "shown": tuple(data["shown"])})


@dataclass(frozen=True, slots=True)
class Demonstrations:
    """Labelled rows that are shown to the labeler of one text, the nearest last."""

    row: str
    examples: tuple[Example, ...]

    def to_json(self) -> dict[str, Any]:
        return {"row": self.row, "examples": [asdict(one) for one in self.examples]}

    @classmethod
    def from_json(cls, data: Any) -> Demonstrations:
        """The inverse of `to_json`."""
        return cls(data["row"], tuple(Example(**one) for one in data["examples"]))


def to_pick_from(pool: Iterable[PoolText], seeds: Iterable[Example]) -> tuple[PoolText, ...]:
    """The pool without texts that equal a seed shot, or one before them: they would teach nothing.

    Equal after `normalise`; texts that are merely alike stay, for real ones may well be.
    """
    known = {normalise(row.text) for row in seeds}
    found = []
    for one in pool:
        bare = normalise(one.text)
        if bare and bare not in known:
            known.add(bare)
            found.append(one)
    return tuple(found)


def untaken(pool: Sequence[PoolText], taken: Collection[str]) -> list[PoolText]:
    """What is left of a pool, in its order."""
    return [one for one in pool if one.id not in taken]


def score(policy: str, probabilities: Floats) -> float | None:
    """What a policy ranks one text by; None where it weighs texts against one another.

    Args:
        policy: Its name.
        probabilities: Of the text's labels, [labels], adding up to 1.
    """
    first, second, entropy = spread(probabilities)
    ranked = {"margin": first - second, "entropy": entropy, "least_confidence": 1 - first}
    return ranked.get(policy)


def spread(probabilities: Floats) -> tuple[float, float, float]:
    """Largest probability, the next one (0 where there is none), and the entropy in nats."""
    import numpy as np

    ordered = np.sort(np.asarray(probabilities, dtype=np.float64))[::-1]
    positive = ordered[ordered > 0]
    entropy = float(-(positive * np.log(positive)).sum()) if len(positive) else 0.0
    return float(ordered[0]), float(ordered[1]) if len(ordered) > 1 else 0.0, max(0.0, entropy)


def nearest(texts: Floats, rows: Floats, k: int) -> list[list[int]]:
    """The k rows nearest to each text by cosine, the nearest last; of equals the earliest row.

    Args:
        texts: Embeddings, [texts, width].
        rows: Embeddings of the labelled rows, [rows, width].
        k: At most so many.
    """
    import numpy as np

    near = _unit(texts) @ _unit(rows).T
    order = np.argsort(-near, axis=1, kind="stable")[:, :k]
    return [[int(place) for place in reversed(line)] for line in order]


def _unit(vectors: Floats) -> Floats:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = vectors / np.maximum(lengths, 1e-12)
    return unit
