"""What is picked from a pool, and the figures that say why."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evokd.tasks.example import Example
from evokd.tasks.formats.multi import split
from evokd.tasks.pool import PoolText
from graph.core.picks import (
    Demonstrations,
    Pick,
    heads_in,
    of_least_sure_head,
    opinion,
    pick,
)

LABELS = ("a", "b", "c")
POOL = tuple(PoolText(f"pool-{n}", text) for n, text in enumerate(["One.", "Two!", "two?", "…"]))


def row(*values: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_the_students_opinion_in_figures() -> None:
    said = opinion(row(0.5, 0.25, 0.25), LABELS)
    assert (said.label, said.probability, said.margin) == ("a", 0.5, 0.25)
    assert said.entropy == pytest.approx(1.5 * math.log(2))
    sure = opinion(row(1, 0, 0), LABELS)
    assert (sure.margin, sure.entropy) == (1, 0)


@pytest.mark.parametrize(
    ("policy", "value"),
    [("margin", 0.25), ("least_confidence", 0.5), ("random", None), ("typicality", None)],
)
def test_the_score_is_what_the_policy_ranks_by(policy: str, value: float | None) -> None:
    assert opinion(row(0.5, 0.25, 0.25), LABELS).score(policy) == value


def test_of_several_heads_the_least_sure_one_counts() -> None:
    labels = ("topic: sport", "topic: art", "mood: good", "mood: bad")
    heads = heads_in(labels)
    whole = row(0.49, 0.01, 0.2, 0.3)  # a softmax over all outputs: each head has a half
    (found,) = of_least_sure_head(whole[None], heads)
    assert found.tolist() == pytest.approx([0, 0, 0.4, 0.6])
    said = opinion(whole, labels, heads)
    assert split(said.label) == {"topic": "sport", "mood": "bad"}
    assert (said.probability, said.margin) == pytest.approx((0.6, 0.2))


def test_records_come_back_from_json() -> None:
    shot = Example("train-1", "text", "a")
    made = pick("r001-pool-1", "pool-1", "margin", opinion(row(0.5, 0.5), LABELS), 9, [shot])
    assert Pick.from_json(made.to_json()) == made
    shown = Demonstrations("r001-pool-1", (shot,))
    assert Demonstrations.from_json(shown.to_json()) == shown
