from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.example import Example
from student.selection.helpful import draw_examples, pick_helpful, split

LABELS = st.lists(st.sampled_from("abc"), max_size=40)


def made(labels: str | list[str]) -> list[Example]:
    return [Example(f"r{at}", f"text {at}", label) for at, label in enumerate(labels)]


@given(LABELS, st.integers(0, 5))
def test_a_split_is_a_partition_of_each_class(labels: list[str], seed: int) -> None:
    rows = made(labels)
    validation, candidates = split(rows, Random(seed))
    assert sorted([*validation, *candidates], key=rows.index) == rows
    assert validation == sorted(validation, key=rows.index)
    assert candidates == sorted(candidates, key=rows.index)
    assert len(rows) < 2 or (validation and candidates)
    assert abs(len(validation) - len(rows) / 2) <= 1
    assert split(rows, Random(seed)) == (validation, candidates)


def test_every_class_validates() -> None:
    for seed in range(20):
        validation, candidates = split(made("aaaaaaaabb"), Random(seed))
        assert Counter(row.label for row in validation)["b"] >= 1
        assert len(validation) == len(candidates) == 5
    assert len({split(made("aaaaaaaabb"), Random(seed))[0][0].id for seed in range(20)}) > 1


def test_the_share_is_kept_in_bounds() -> None:
    assert [len(part) for part in split(made("abab"), Random(1), share=0.99)] == [3, 1]
    assert [len(part) for part in split(made("abab"), Random(1), share=0.01)] == [1, 3]
    with pytest.raises(ValueError, match="share: expected 0 < share < 1, got 1"):
        split(made("ab"), Random(1), share=1)


def test_the_most_helpful_of_each_class() -> None:
    rows = made("aabbba")
    worth = [0.1, 0.5, 0.5, -1.0, 0.0, 0.5]
    assert [row.id for row in pick_helpful(rows, worth, 2)] == ["r1", "r2", "r5"]
    assert [row.id for row in pick_helpful(rows, worth, 9)] == ["r1", "r2", "r5", "r0"]
    assert pick_helpful(rows, [-1.0] * 6, 2) == []
    with pytest.raises(ValueError, match="argument 2"):
        pick_helpful(rows, [1.0], 2)


def test_a_prompt_draws_some_of_its_class_half_of_the_time() -> None:
    pool = {"a": list("uvwxyz"), "b": ["s"]}
    rng = Random(1)
    drawn = [draw_examples(pool, "a", count=3, share=0.5, rng=rng) for _ in range(400)]
    shown = [one for one in drawn if one]
    assert 160 < len(shown) < 240
    assert all(len(set(one)) == 3 for one in shown)
    assert {item for one in shown for item in one} == set("uvwxyz")
    assert draw_examples(pool, "b", count=3, share=1, rng=rng) == ["s"]
    assert draw_examples(pool, "c", count=3, share=1, rng=rng) == []
    assert draw_examples(pool, "a", count=3, share=0, rng=rng) == []
