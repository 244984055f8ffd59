from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.verbalizer import Verbalizer


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["negative", "positive"], ["negative", "positive"]),
        (["news_car", "news_tech"], ["car", "tech"]),
        (["World", "Sports", "Business", "Sci/Tech"], ["World", "Sports", "Business", "Sci/Tech"]),
        (["entity", "entry"], ["A", "B"]),
        (["汽车", "体育"], ["A", "B"]),
        (["1", "2", "3"], ["A", "B", "C"]),
        (["US", "us"], ["A", "B"]),
        (["Maße", "Masse"], ["A", "B"]),
        (["İyi", "iyi"], ["A", "B"]),
        (["sports ", " news"], ["sports", "news"]),
    ],
)
def test_words(labels: list[str], words: list[str]) -> None:
    assert list(Verbalizer.of(labels).words.values()) == words


def test_tokens_that_begin_a_word_count_for_it() -> None:
    top = [
        (" pos", math.log(0.3)),
        ("Positive", math.log(0.2)),
        ("neg", math.log(0.25)),
        ("The", math.log(0.2)),
        ("n", math.log(0.05)),
    ]
    scores = Verbalizer.of(["negative", "positive"]).read(top)
    assert scores is not None
    assert math.exp(scores["positive"]) == pytest.approx(0.5 / 0.75)


def test_a_token_counts_in_whatever_form_it_comes() -> None:
    words = Verbalizer.of(["de\u0301but", "fin", "KIZGIN"])
    assert words.words == {name: name for name in ("de\u0301but", "fin", "KIZGIN")}
    scores = words.read(
        [("dé", math.log(0.6)), ("\u00a0FI", math.log(0.3)), ("kız", math.log(0.1))]
    )
    assert scores is not None
    assert [round(math.exp(scores[name]), 2) for name in words.words] == [0.6, 0.3, 0.1]


def test_a_label_without_a_token_is_less_likely_than_all_that_were_seen() -> None:
    scores = Verbalizer.of(["negative", "positive"]).read([("pos", -0.1), ("The", -6.0)])
    assert scores is not None
    assert scores["negative"] < -5


@pytest.mark.parametrize("top", [[], [("The", -0.1)], [("", -0.1)], [("p", -0.1)]])
def test_no_label_word_is_no_answer(top: list[tuple[str, float]]) -> None:
    assert Verbalizer.of(["negative", "positive"]).read(top) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pos", "neg", " Negative", "x", "", "positive"]),
            st.floats(allow_nan=True, allow_infinity=True),
        ),
        max_size=20,
    )
)
def test_scores_are_normalised_whatever_the_server_sends(top: list[tuple[str, float]]) -> None:
    scores = Verbalizer.of(["negative", "positive"]).read(top)
    if scores is not None:
        assert sum(math.exp(value) for value in scores.values()) == pytest.approx(1.0)
