from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.distinct import distinct, words_of

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=6), max_size=6)


def test_words_of_scripts_with_and_without_spaces() -> None:
    assert words_of("It’s GREAT, really.") == ["it’s", "great", "really"]
    assert words_of("好手机 ok") == ["好", "手", "机", "ok"]


@pytest.mark.parametrize(
    ("texts", "one", "two"),
    [
        (["the lid cracked", "the lid broke"], 4 / 6, 3 / 4),
        (["the the the"], 1 / 3, 1 / 2),
        (["a b", "b a"], 2 / 4, 2 / 2),  # no pair reaches over the end of a text
        (["a", "b"], 1.0, None),
        ([], None, None),
    ],
)
def test_by_hand(texts: list[str], one: float | None, two: float | None) -> None:
    words = [text.split() for text in texts]
    assert distinct(words, 1) == one
    assert distinct(words, 2) == two


@given(TEXTS, st.integers(1, 4))
def test_a_share_that_saying_everything_twice_halves(texts: list[list[str]], n: int) -> None:
    found = distinct(texts, n)
    if found is None:
        assert all(len(words) < n for words in texts)
    else:
        assert 0 < found <= 1
        assert distinct([*texts, *texts], n) == pytest.approx(found / 2)
