"""One response by hand.

sentence      bytes  teacher             student
"Hi you. "    8      -0.1 -0.2 -0.3      -1.0 -0.6
"Go on. "     7      -0.2 -0.4           -0.1 -0.1
"So it is."   9      -1.2 -1.4 -1.6 -1.4 -3.2 -2.8 -3.0
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.dasd.alignment import Aligned, PlacedToken, align, place
from evokd.dasd.scores import (
    ResponseScores,
    Thresholds,
    categorise,
    rank_surprisal,
    score_response,
    surprisal,
)
from evokd.dasd.tokens import Token, Unscorable

TEXT = "Hi you. Go on. So it is."
TEACHER = [
    (b"Hi", -0.1), (b" you", -0.2), (b".", -0.3), (b" Go", -0.2), (b" on.", -0.4),
    (b" So", -1.2), (b" it", -1.4), (b" is", -1.6), (b".", -1.4),
]  # fmt: skip
STUDENT = [
    ((0, 6), -1.0), ((6, 7), -0.6), ((7, 13), -0.1), ((13, 14), -0.1),
    ((14, 17), -3.2), ((17, 20), -2.8), ((20, 24), -3.0),
]  # fmt: skip
P = Thresholds()


def teacher(partial: int = -1) -> Aligned:
    stream = [Token(data, value, i == partial) for i, (data, value) in enumerate(TEACHER)]
    aligned = align(TEXT, stream)
    assert isinstance(aligned, Aligned)
    return aligned


def student() -> Aligned:
    return place([offset for offset, _ in STUDENT], [value for _, value in STUDENT])


def scored() -> ResponseScores:
    result = score_response(TEXT, teacher(), student())
    assert isinstance(result, ResponseScores)
    return result


def test_sentence_probabilities() -> None:
    one, two, three = scored().sentences
    assert one.p_teacher() == pytest.approx(math.exp(-0.6 / 3))  # 0.8187
    assert one.p_student() == pytest.approx(math.exp(-1.6 / 2))  # 0.4493
    assert one.p_teacher("byte") == pytest.approx(math.exp(-0.6 / 8))  # 0.9277
    assert one.p_student("byte") == pytest.approx(math.exp(-1.6 / 8))  # 0.8187
    assert one.divergence() == pytest.approx(0.818731 - 0.449329, abs=1e-6)
    assert two.p_teacher() == pytest.approx(math.exp(-0.3))  # 0.7408
    assert two.divergence() == pytest.approx(0.740818 - 0.904837, abs=1e-6)
    assert three.p_teacher() == pytest.approx(math.exp(-1.4))  # 0.2466
    assert three.p_student() == pytest.approx(math.exp(-3.0))  # 0.0498
    assert three.divergence("byte") == pytest.approx(math.exp(-5.6 / 9) - 1 / math.e)


def test_example_scores() -> None:
    d = (0.369402, -0.164019, 0.196810)
    assert scored().divergence("equal") == pytest.approx(sum(d) / 3, abs=1e-6)
    assert scored().divergence("bytes") == pytest.approx(
        (8 * d[0] + 7 * d[1] + 9 * d[2]) / 24, abs=1e-6
    )
    assert scored().teacher_share(P) == pytest.approx(1 / 3)
    assert scored().score("share", P) == scored().teacher_share(P)
    assert scored().score("bytes", P) == scored().divergence("bytes")
    per_byte = replace(P, per="byte")
    assert scored().score("equal", per_byte) == scored().divergence("equal", "byte")
    with pytest.raises(ValueError, match="needs thresholds"):
        scored().divergence("share")


def test_categories_of_the_example() -> None:
    # d = 0.37 at p 0.82; -0.16; 0.197 at p 0.25
    assert scored().categories(P) == {"teacher": 1, "shared_or_boosted": 2}
    assert scored().categories(replace(P, divergence=0.15)) == {
        "teacher": 1, "student": 1, "low_confidence": 1,
    }  # fmt: skip
    loose = Thresholds(confidence=0, divergence=0.15)
    assert scored().categories(loose) == {"teacher": 2, "student": 1}


@pytest.mark.parametrize(
    ("p_teacher", "p_student", "category"),
    [
        (0.9, 0.1, "teacher"),
        (0.75, 0.5, "teacher"),  # d is exactly δ
        (0.75, 0.51, "shared_or_boosted"),
        (0.6, 0.1, "teacher"),  # p_T is exactly c
        (0.59, 0.1, "low_confidence"),
        (0.1, 0.9, "student"),
        (0.5, 0.75, "student"),
        (0.3, 0.3, "shared_or_boosted"),
    ],
)
def test_categories_before_training(p_teacher: float, p_student: float, category: str) -> None:
    assert categorise(p_teacher, p_student, Thresholds(divergence=0.25)) == category


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_student_is_never_called_low_confidence(t: float, s: float) -> None:
    category = categorise(t, s, P)
    assert (category == "student") == (s - t >= P.divergence)
    if category == "low_confidence":
        assert t > s


def test_a_sentence_with_a_partial_token_has_no_score() -> None:
    result = score_response(TEXT, teacher(partial=1), student())
    assert isinstance(result, ResponseScores)
    assert (len(result.sentences), result.unscored) == (2, 1)
    assert result.sentences[0] == scored().sentences[1]


def test_a_sentence_without_a_token_of_both_has_no_score() -> None:
    one = place([(0, 7), (7, 24)], [-1.0, -1.0])
    result = score_response(TEXT, teacher(), one)
    assert isinstance(result, ResponseScores)
    assert (len(result.sentences), result.unscored, result.straddlers) == (2, 1, 1)


def test_without_any_sentence_the_response_is_refused() -> None:
    refused = score_response("Hi.", Aligned(()), place([(0, 3)], [-1.0]))
    assert isinstance(refused, Unscorable)


def test_tags_have_no_score() -> None:
    text = "<think>Hi.</think>"
    tokens = Aligned((PlacedToken(0, 7, -9.0), PlacedToken(7, 10, -1.0), PlacedToken(10, 18, -9.0)))
    result = score_response(text, tokens, tokens)
    assert isinstance(result, ResponseScores)
    assert [one.teacher for one in result.sentences] == [-1.0]
    assert result.unscored == 0


def test_rank_surprisal_by_hand() -> None:
    tokens = place([(0, 1)] * 3, [-0.5, -1.5, -3.0], [1, 4, 500]).tokens
    assert rank_surprisal(tokens) == pytest.approx((1 + 4 + 100) / 5.0)
    assert surprisal(tokens) == pytest.approx(5.0 / 3)


def test_rank_surprisal_needs_ranks_and_surprise() -> None:
    assert rank_surprisal(place([(0, 1)], [-1.0]).tokens) is None
    assert rank_surprisal(place([(0, 1)], [0.0], [1]).tokens) is None
    assert rank_surprisal(()) is None
    assert surprisal(()) is None


@given(st.lists(st.floats(-20, 0), min_size=1, max_size=9), st.integers(1, 40))
def test_probabilities_are_in_range(logprobs: list[float], size: int) -> None:
    text = "x" * size
    tokens = Aligned(tuple(PlacedToken(0, size, value) for value in logprobs))
    result = score_response(text, tokens, place([(0, size)], [-1.0]))
    assert isinstance(result, ResponseScores)
    (one,) = result.sentences
    assert math.exp(min(logprobs)) * 0.999999 <= one.p_teacher() <= 1
    assert 0 < one.p_teacher("byte") <= 1
    assert -1 <= one.divergence() <= 1
