from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.augment.rouge import RougeIndex, rouge_l

WORDS = st.lists(st.sampled_from(["a", "b", "one", "two", "三"]), max_size=12)


def by_table(a: Sequence[str], b: Sequence[str]) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            table[i + 1][j + 1] = (
                table[i][j] + 1 if one == other else max(table[i][j + 1], table[i + 1][j])
            )
    return table[-1][-1]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("the lid is broken", "the lid is broken", 1.0),
        ("The lid, is BROKEN!", "the lid is broken", 1.0),
        ("the lid is broken", "the lid was broken", 0.75),
        ("police killed the gunman", "the gunman killed police", 0.5),
        ("one two", "one two three four", 4 / 6),
        ("abc", "xyz", 0.0),
        ("", "", 1.0),
        ("?!", "?!", 1.0),
        ("?!", "...", 0.0),
        ("", "word", 0.0),
        ("今天天气很好", "今天天气不好", 5 / 6),
        ("snake_case", "snake case", 1.0),
    ],
)
def test_by_hand(a: str, b: str, expected: float) -> None:
    assert rouge_l(a, b) == pytest.approx(expected)


@given(WORDS, WORDS)
def test_the_subsequence_is_the_longest(a: list[str], b: list[str]) -> None:
    of = len(a) + len(b)
    assert rouge_l(" ".join(a), " ".join(b)) == (2 * by_table(a, b) / of if of else 1)


@given(st.lists(WORDS.map(" ".join), max_size=6), WORDS.map(" ".join), st.floats(0.1, 1))
def test_a_twin_is_the_first_text_above_the_limit(texts: list[str], new: str, limit: float) -> None:
    index = RougeIndex(limit)
    for text in texts:
        index.add(text)
    assert index.twin(new) == next((text for text in texts if rouge_l(text, new) > limit), None)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_likeness(a: str, b: str) -> None:
    assert 0 <= rouge_l(a, b) <= 1
    assert rouge_l(a, b) == rouge_l(b, a)
    assert rouge_l(a, a) == 1


@given(WORDS, WORDS)
def test_one_only_for_the_same_words(a: list[str], b: list[str]) -> None:
    assert (rouge_l(" ".join(a), " ".join(b)) == 1) == (a == b)
