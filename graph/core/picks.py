"""What was picked from the pool, and why: a line of picked.jsonl each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from evokd.tasks.example import Example
from evokd.tasks.formats.multi import SEPARATOR, heads_of, join
from evokd.tasks.label_sets import encode

Floats = npt.NDArray[np.float32]


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


def pick(
    row: str,
    pool: str,
    policy: str,
    said: Opinion,
    candidates: int,
    shown: Sequence[Example],
) -> Pick:
    """The record of a choice; see its fields."""
    value = said.score(policy)
    return Pick(
        row=row,
        pool=pool,
        policy=policy,
        score=None if value is None else round(value, 6),
        predicted=said.label,
        probability=round(said.probability, 6),
        margin=round(said.margin, 6),
        entropy=round(said.entropy, 6),
        candidates=candidates,
        shown=tuple(one.id for one in shown),
    )


class Opinion(NamedTuple):
    """What the student says of one text, without a label to go by."""

    label: str
    """Of several heads, the whole answer."""
    probability: float
    """Of the likeliest label; of several heads, that of the least sure one; of a set, that of the
    least sure decision, with its threshold at one half."""
    margin: float
    """By which it is ahead of the next."""
    entropy: float
    """Nats."""

    def score(self, policy: str) -> float | None:
        """What a policy ranks the text by; None where it weighs texts against one another."""
        return {
            "margin": self.margin,
            "entropy": self.entropy,
            "least_confidence": 1 - self.probability,
        }.get(policy)


Heads = Mapping[str, slice]
"""Head → the columns of its labels."""


def opinion(distribution: Floats, labels: Sequence[str], heads: Heads | None = None) -> Opinion:
    """The student's, from its probabilities for one text.

    Args:
        distribution: [labels]; with several heads a softmax over the outputs of all.
        labels: In the order of the columns.
        heads: Of several; None for one.
    """
    if heads is None:
        return Opinion(labels[int(distribution.argmax())], *_spread(distribution))
    names = {
        head: labels[part.start + int(distribution[part].argmax())].partition(SEPARATOR)[2]
        for head, part in heads.items()
    }
    return Opinion(join(names), *_spread(of_least_sure_head(distribution[None], heads)[0]))


def of_least_sure_head(probabilities: Floats, heads: Heads) -> Floats:
    """For each text the distribution of the head with the smallest margin, for the policies.

    The other heads' labels get 0, so that a column is one label for all texts.

    Args:
        probabilities: [texts, labels], a softmax over the outputs of all heads.
        heads: Their columns.
    """
    found = np.zeros_like(probabilities)
    for row, into in zip(probabilities, found, strict=True):
        own = {head: row[part] / row[part].sum() for head, part in heads.items()}
        head = min(own, key=lambda head: _spread(own[head])[1])
        into[heads[head]] = own[head]
    return found


def of_least_sure_label(probabilities: Floats) -> Floats:
    """For each text yes and no of the label that is nearest to one half, for the policies.

    The other labels get 0, so that a column is one answer for all texts.

    Args:
        probabilities: Of each label, with its threshold at one half: [texts, labels].

    Returns:
        [texts, 2 x labels].
    """
    nearest, rows = np.abs(probabilities - 0.5).argmin(axis=1), np.arange(len(probabilities))
    found = np.zeros((len(probabilities), 2 * probabilities.shape[1]), dtype=probabilities.dtype)
    found[rows, 2 * nearest] = probabilities[rows, nearest]
    found[rows, 2 * nearest + 1] = 1 - probabilities[rows, nearest]
    return found


def set_opinion(probabilities: Floats, labels: Sequence[str]) -> Opinion:
    """The student's of a set of labels: as sure as of the decision it is least sure of.

    Args:
        probabilities: Of each label, with its threshold at one half: [labels].
        labels: In the order of the columns.
    """
    names = [name for name, p in zip(labels, probabilities.tolist(), strict=True) if p >= 0.5]
    return Opinion(encode(names, labels), *_spread(of_least_sure_label(probabilities[None])[0]))


def heads_in(labels: Sequence[str]) -> Heads:
    """The columns of each head of a task with several."""
    found, start = {}, 0
    for head, names in heads_of(labels).items():
        found[head] = slice(start, start + len(names))
        start += len(names)
    return found


def _spread(probabilities: Floats) -> tuple[float, float, float]:
    """Largest probability, by how much it is ahead of the next, and the entropy in nats."""
    ordered = np.sort(probabilities.astype(np.float64))[::-1]
    positive = ordered[ordered > 0]
    entropy = max(0.0, float(-(positive * np.log(positive)).sum()))
    return float(ordered[0]), float(ordered[0] - ordered[1]), entropy
