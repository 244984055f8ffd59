from __future__ import annotations

import math

import pytest

from evokd.dasd.cot_decoding import (
    ChosenPath,
    Path,
    answer_margin,
    branches,
    choose_aggregated,
    choose_majority,
    choose_max,
    margin,
    read_path,
)
from evokd.tasks.answers import find_number
from evokd.teacher.reply import TokenLogprob


def token(text: str, first: float = 0.6, second: float = 0.2) -> TokenLogprob:
    top = ((text, math.log(first)), ("other", math.log(second)))
    return TokenLogprob(text, math.log(first), top)


def test_the_margin_of_a_step() -> None:
    assert margin(token("a", 0.75, 0.25)) == pytest.approx(0.5)
    unsorted = TokenLogprob("b", math.log(0.2), (("b", math.log(0.2)), ("a", math.log(0.7))))
    assert margin(unsorted) == pytest.approx(0.5)
    assert margin(TokenLogprob("a", -1.0, (("a", -1.0),))) is None


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
    assert answer_margin(TEXT, stream, found) == pytest.approx(expected)
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
    assert answer_margin(text, stream, found) == pytest.approx(0.85)


def test_a_path_that_can_not_be_weighed() -> None:
    found = find_number(TEXT)
    assert found is not None
    assert answer_margin(TEXT, [token("something else")], found) is None
    lone = TokenLogprob(" 18", -1.0, ((" 18", -1.0),))
    assert answer_margin(TEXT, [token("We add. The answer is"), lone, token(".")], found) is None
    assert answer_margin(TEXT, [], found) is None
    assert read_path("no answer", [token("no answer")], None) == Path(None, None)


PATHS = [
    Path("5", 0.2),
    Path("8", 0.4),
    Path(None, None),
    Path("5", 0.3),
    Path("7", 0.45),
    Path("5", None),
]


def test_choices_by_hand() -> None:
    assert choose_max(PATHS) == ChosenPath("7", 4, 0.45)
    aggregated = choose_aggregated(PATHS)
    assert aggregated is not None
    assert (aggregated.answer, aggregated.path) == ("5", 3)
    assert aggregated.weight == pytest.approx(0.5)
    assert choose_majority(PATHS) == ChosenPath("5", 3, 3.0)


def test_ties_go_to_the_first() -> None:
    paths = [Path("a", 0.3), Path("b", 0.3), Path("b", None), Path("a", None)]
    assert choose_max(paths) == ChosenPath("a", 0, 0.3)
    assert choose_aggregated(paths) == ChosenPath("a", 0, 0.3)
    assert choose_majority(paths) == ChosenPath("a", 0, 2.0)


@pytest.mark.parametrize("paths", [[], [Path(None, None)], [Path(None, 0.5)]])
def test_no_answer_no_choice(paths: list[Path]) -> None:
    assert choose_max(paths) is choose_aggregated(paths) is choose_majority(paths) is None


def test_paths_without_margins_still_vote() -> None:
    paths = [Path("a", None), Path("b", None), Path("b", None)]
    assert choose_majority(paths) == ChosenPath("b", 1, 2.0)
    assert choose_aggregated(paths) is None


def test_branches() -> None:
    top = (("B", -2.0), ("A", -1.0), ("", -1.5), ("\ufffd", -1.6), ("C", -3.0))
    assert branches(TokenLogprob("A", -1.0, top), 3) == ("A", "B", "C")
    assert branches(TokenLogprob("A", -1.0, top), 1) == ("A",)
    assert branches(TokenLogprob("A", -1.0, ()), 3) == ()
