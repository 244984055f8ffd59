"""Pairs against SetFit 1.2.0: `ContrastiveDataset(range(n), labels, False, sampling_strategy=…)`,
counted by `label`; the numbers below are what it gave.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from evokd.config.contrastive import ContrastiveConfig
from student.encoder.contrastive import contrastive_steps
from student.encoder.pairs import PairCounts, different_pairs, draw_pairs, epoch_pairs, share_of

SETFIT = {
    "aabb": ((6, 6), (4, 4), (6, 4), (12, 12)),
    "aaabbc": ((11, 11), (10, 10), (10, 11), (18, 18)),
    "abcdef": ((15, 15), (6, 6), (6, 15), (18, 18)),
    "aaaaaabb": ((24, 24), (12, 12), (24, 12), (24, 24)),
}
"""Classes → pairs of one class and of two by oversampling, undersampling, unique, and with
`num_iterations=3`."""


@pytest.mark.parametrize("classes", SETFIT)
def test_as_many_pairs_as_setfit(classes: str) -> None:
    settings = [
        ContrastiveConfig(sampling="oversampling"),
        ContrastiveConfig(sampling="undersampling"),
        ContrastiveConfig(sampling="unique"),
        ContrastiveConfig(iterations=3),
    ]
    assert tuple(tuple(epoch_pairs(one, classes)) for one in settings) == SETFIT[classes]


@pytest.mark.parametrize("classes", [*SETFIT, "aababcab"])
def test_each_different_pair_once(classes: str) -> None:
    there = different_pairs(classes)
    pairs = draw_pairs(classes, there, Random(0))
    assert len({frozenset(pair[:2]) for pair in pairs}) == len(pairs) == sum(there)
    assert all(pair.same == (classes[pair.first] == classes[pair.second]) for pair in pairs)


def test_the_rarer_pairs_are_repeated_evenly() -> None:
    pairs = draw_pairs("aabb", PairCounts(6, 10), Random(0))
    seen = Counter(frozenset(pair[:2]) for pair in pairs if not pair.same)
    assert sorted(seen.values()) == [2, 2, 3, 3]


def test_the_same_seed_the_same_pairs() -> None:
    first, again, other = (draw_pairs("aabbcc", PairCounts(5, 5), Random(s)) for s in (1, 1, 2))
    assert first == again != other


def test_rows_of_one_class_have_no_pair_of_two() -> None:
    for config in (ContrastiveConfig(), ContrastiveConfig(iterations=2)):
        assert epoch_pairs(config, "aaa").other == 0


def test_a_part_of_an_epoch_keeps_its_proportion() -> None:
    assert share_of(PairCounts(10, 30), 8) == (2, 6)


def test_many_rows_are_not_listed() -> None:
    classes = "ab" * 20_000
    assert len(draw_pairs(classes, PairCounts(16, 16), Random(0))) == 32


def test_steps_are_limited() -> None:
    classes = "aaaaaabb"  # 48 pairs an epoch
    assert contrastive_steps(ContrastiveConfig(epochs=2), classes) == 6
    assert contrastive_steps(ContrastiveConfig(epochs=2, max_steps=4), classes) == 4
    assert contrastive_steps(ContrastiveConfig(epochs=99, max_steps=None), classes) == 297
