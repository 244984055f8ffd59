from __future__ import annotations

import math

import pytest

from agents.decoding.margins import answer_margin, branches, margin
from agents.decoding.paths import Path, choose, read_path
from evokd.tasks.answers import FoundAnswer, find_number
from evokd.teacher.reply import TokenLogprob


def token(text: str, first: float = 0.6, second: float = 0.2) -> TokenLogprob:
    top = ((text, math.log(first)), ("other", math.log(second)))
    return TokenLogprob(text, math.log(first), top)


def candidates(written: str, probabilities: dict[str, float]) -> TokenLogprob:
    top = tuple((text, math.log(p)) for text, p in probabilities.items())
    return TokenLogprob(written, math.log(probabilities[written]), top)


def test_the_margin_of_a_step() -> None:
    assert margin(token("a", 0.75, 0.25)) == pytest.approx(0.5)
    assert margin(TokenLogprob("a", -1.0, (("a", -1.0),))) is None
    assert margin(TokenLogprob("a", -1.0, ())) is None


@pytest.mark.parametrize(
    ("written", "expected"), [("a", 0.7 - 0.2), ("b", 0.2 - 0.7), ("c", 0.1 - 0.7)]
)
def test_a_token_has_the_margin_of_what_was_written(written: str, expected: float) -> None:
    """By the paper's formula all three would be as sure as the first, which two did not write."""
    step = candidates(written, {"b": 0.2, "a": 0.7, "c": 0.1})
    assert margin(step) == pytest.approx(expected)


def test_a_token_from_below_the_candidates_loses_to_the_best_of_them() -> None:
    rare = TokenLogprob("z", math.log(0.01), (("a", math.log(0.7)), ("b", math.log(0.2))))
    assert margin(rare) == pytest.approx(0.01 - 0.7)


def test_a_character_sent_whole_is_known_by_its_log_probability() -> None:
    """llama.cpp: the candidates are those of the character's last piece."""
    last = math.log(0.8)
    whole = TokenLogprob("é", last, (("\ufffd", last), ("\ufffd", math.log(0.1))))
    assert margin(whole) == pytest.approx(0.8 - 0.1)


def test_unlikely_paths_do_not_borrow_the_likeliest_answers_margin() -> None:
    """Three samples of "5" from a model that thinks it is 8, and one of "8"."""
    top = {"8": 0.6, "5": 0.3}
    paths = [
        Path(name, answer_margin(name, [candidates(name, top)], [(0, 1)]))
        for name in ("5", "5", "5", "8")
    ]
    assert [path.margin for path in paths] == pytest.approx([-0.3, -0.3, -0.3, 0.3])
    for rule in ("max", "aggregated"):
        chosen = choose(rule, paths)
        assert chosen is not None and (chosen.answer, chosen.path) == ("8", 3)
    majority = choose("majority", paths)
    assert majority is not None and majority.answer == "5"


def test_an_answer_in_several_places_has_one_margin() -> None:
    stream = [token("["), token("1", 0.9, 0.1), token(", "), token("2", 0.5, 0.3), token("]")]
    assert answer_margin("[1, 2]", stream, [(1, 2), (4, 5)]) == pytest.approx((0.8 + 0.2) / 2)
    assert answer_margin("[1, 2]", stream, []) is None


def place(found: FoundAnswer) -> tuple[int, int]:
    return found.start, found.end


TEXT = "We add. The answer is 18."


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["We add. The answer is", " 1", "8", "."], (0.5 + 0.3) / 2),
        (["We add. The answer is ", "1", "8", "."], (0.5 + 0.3) / 2),
        (["We add. The answer is", " 18", "."], 0.5),
        (["We add. The answer is", " 18."], 0.5),
    ],
)
def test_only_the_answers_tokens_count(tokens: list[str], expected: float) -> None:
    leads = {
        " 1": (0.6, 0.1),
        "1": (0.6, 0.1),
        "8": (0.5, 0.2),
        " 18": (0.7, 0.2),
        " 18.": (0.7, 0.2),
    }
    stream = [token(text, *leads.get(text, (0.99, 0.001))) for text in tokens]
    found = find_number(TEXT)
    assert found is not None
    assert answer_margin(TEXT, stream, [place(found)]) == pytest.approx(expected)
    path = read_path(TEXT, stream, found)
    assert path.answer == "18"
    assert path.margin == pytest.approx(expected)


def test_bytes_decide_where_the_answer_is() -> None:
    text = "😀 é: The answer is 18."
    stream = [
        TokenLogprob("\ufffd", -1.0, (), (0xF0, 0x9F)),
        TokenLogprob("\ufffd", -1.0, (), (0x98, 0x80)),
        *(token(piece) for piece in (" é", ": The answer is")),
        token(" 18", 0.9, 0.05),
        token("."),
    ]
    found = find_number(text)
    assert found is not None
    assert answer_margin(text, stream, [place(found)]) == pytest.approx(0.85)


def test_a_path_that_can_not_be_weighed() -> None:
    found = find_number(TEXT)
    assert found is not None
    assert answer_margin(TEXT, [token("something else")], [place(found)]) is None
    lone = TokenLogprob(" 18", -1.0, ((" 18", -1.0),))
    assert (
        answer_margin(TEXT, [token("We add. The answer is"), lone, token(".")], [place(found)])
        is None
    )
    assert answer_margin(TEXT, [], [place(found)]) is None
    assert read_path("no answer", [token("no answer")], None) == Path(None, None)


def test_branches() -> None:
    top = (("B", -2.0), ("A", -1.0), ("", -1.5), ("\ufffd", -1.6), ("C", -3.0))
    assert branches(TokenLogprob("A", -1.0, top), 3) == ("A", "B", "C")
    assert branches(TokenLogprob("A", -1.0, top), 1) == ("A",)
    assert branches(TokenLogprob("A", -1.0, ()), 3) == ()
