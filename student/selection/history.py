"""Review history: the accepted rows of earlier rounds, and the draw the student sees again.

EvoKD reuses earlier generated rows so that the student doesn't forget them; the paper's summary
gives neither period nor amount nor sampling, so all three are settings (`loop.review`). Another
replay policy is another class with `observe`, `sample` and `state`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from evokd.config import Sampling
from evokd.tasks.example import Example


class ReviewHistory:
    """Every row observed, once by id, in the order it came."""

    def __init__(
        self,
        sampling: Sampling = "balanced",
        rows: Iterable[Example] = (),
        stratum: Callable[[str], str] = str,
    ) -> None:
        """Args.

        sampling: balanced by class, or uniform.
        rows: what is known to begin with.
        stratum: label → the class it counts under.
        """
        self.sampling: Sampling = sampling
        self.stratum = stratum
        self._rows: dict[str, Example] = {}
        self.observe(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> tuple[Example, ...]:
        """All of it, oldest first."""
        return tuple(self._rows.values())

    def observe(self, rows: Iterable[Example]) -> None:
        """Remember rows. One whose id is known is passed over: a node may run twice."""
        for row in rows:
            self._rows.setdefault(row.id, row)

    def sample(self, k: int, rng: Random) -> list[Example]:
        """Draw `k` rows without replacement, or all in random order when there are no more.

        The draw depends on the rows, their order, `k` and the state of `rng` alone.
        """
        if self.sampling == "uniform":
            return rng.sample(self.rows, min(k, len(self)))
        return sample_balanced(self.rows, k, rng, self.stratum)

    def state(self) -> dict[str, Any]:
        """The history as JSON; `from_state` is the inverse."""
        return {"sampling": self.sampling, "rows": [row.to_json() for row in self.rows]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ReviewHistory:
        """The history whose `state` this was."""
        return cls(state["sampling"], map(Example.from_json, state["rows"]))


def sample_balanced(
    rows: Sequence[Example], k: int, rng: Random, stratum: Callable[[str], str] = str
) -> list[Example]:
    """Draw `k` rows without replacement, each class as often as the others while it has rows.

    What is left over after even shares goes to classes drawn at random, so that no class is
    favoured by its place in the alphabet.
    """
    by_label: dict[str, list[Example]] = {}
    for row in rows:
        by_label.setdefault(stratum(row.label), []).append(row)
    share = dict.fromkeys(by_label, 0)
    left = min(k, len(rows))
    while left > 0:
        open_labels = [label for label in by_label if share[label] < len(by_label[label])]
        if len(open_labels) > left:
            open_labels = rng.sample(open_labels, left)
        for label in open_labels:
            share[label] += 1
        left -= len(open_labels)
    drawn = [row for label, own in by_label.items() for row in rng.sample(own, share[label])]
    rng.shuffle(drawn)
    return drawn


def review_due(round_number: int, every: int) -> bool:
    """Whether this round (from 1) reviews: rounds `every`, 2 x `every`, and so on."""
    return round_number % every == 0
