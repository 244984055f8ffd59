"""Confusions, weaknesses and the allocation of texts to classes."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.records import Mark, Marked
from agents.weakness import Confusion, allocate, confused_pairs, taken_for, weaknesses
from tests.agents.forms import classes

LABELS = ("a", "b", "c")
FORM = classes(*LABELS)


def rows(*pairs: tuple[str, str]) -> list[Marked]:
    def mark(gold: str, said: str) -> Mark:
        return "right" if gold == said else "wrong"

    return [
        Marked(f"r{number}", "text", gold, said, 0.5, mark(gold, said))
        for number, (gold, said) in enumerate(pairs)
    ]


def test_the_most_frequent_confusion_comes_first_and_its_direction_counts() -> None:
    marked = rows(("a", "b"), ("b", "c"), ("b", "c"), ("c", "c"), ("b", "a"))
    assert confused_pairs(marked, FORM) == [
        Confusion("b", "c", 2),
        Confusion("a", "b", 1),
        Confusion("b", "a", 1),
    ]


def test_a_target_is_paired_both_ways_in_turn() -> None:
    pairs = [Confusion("a", "b", 2), Confusion("c", "a", 1)]
    assert [taken_for("a", pairs, turn) for turn in range(3)] == ["b", "c", "b"]
    assert taken_for("b", pairs, 0) == "a"
    assert taken_for("d", pairs, 0) is None


def test_weakness_is_one_minus_a_smoothed_f1() -> None:
    weak = weaknesses(rows(("a", "a"), ("a", "a"), ("a", "b"), ("b", "b")), FORM)
    assert weak["a"] == pytest.approx(1 - 5 / 7)  # tp 2, fn 1
    assert weak["b"] == pytest.approx(1 - 3 / 5)  # tp 1, fp 1
    assert weak["c"] == 0.5


targets = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 5), min_size=1)


@given(st.integers(0, 60), targets, st.integers(0, 99))
@example(2, {"a": 5e-324, "b": 0.0}, 0)
def test_each_target_gets_its_share_to_within_one(
    total: int, weights: dict[str, float], seed: int
) -> None:
    found = allocate(total, weights, random.Random(seed))
    assert len(found) == total and set(found) <= set(weights)
    whole = sum(weights.values())
    if whole > 0:
        for name, number in Counter({**dict.fromkeys(weights, 0), **Counter(found)}).items():
            assert abs(number - total * weights[name] / whole) <= 1 + 1e-6


def test_the_expected_share_is_exact() -> None:
    weights = {"a": 0.2, "b": 0.5, "c": 1.1}
    counts: Counter[str] = Counter()
    for seed in range(3000):
        counts.update(allocate(4, weights, random.Random(seed)))
    for name, weight in weights.items():
        assert counts[name] / 12000 == pytest.approx(weight / 1.8, abs=0.01)
