"""Items with choices in replies: objects of large models, lines of small ones."""

from __future__ import annotations

from typing import Any

import pytest

from agents.formats.choice import ChoiceFormat
from agents.verbalizer import Verbalizer
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

FORMAT = ChoiceFormat(("A", "B", "C", "D"))
ITEM = "Which swims?\nA. the stone\nB. the fish"


def reply(text: str, finish: str = "stop") -> Reply:
    return Reply(text, finish, None)


@pytest.mark.parametrize(
    "choices",
    [
        ["the stone", "the fish"],
        ["the\nstone ", "the fish"],
        ["A. the stone", "B. the fish"],
        ["A) the stone", "B) the fish"],
        {"A": "the stone", "B": "the fish"},
        {"a": "the stone", "b": "the fish"},
        {"1": "the stone", "2": "the fish"},
    ],
)
def test_an_object_is_an_item(choices: Any) -> None:
    assert FORMAT.text({"question": "Which\nswims?", "choices": choices}) == ITEM


def test_numbers_are_choices_and_equal_ones_are_left_to_the_ballot() -> None:
    text = FORMAT.text({"question": "How many?", "choices": ["12", "12", "-1"]})
    assert text == "How many?\nA. 12\nB. 12\nC. -1"


@pytest.mark.parametrize(
    "data",
    [
        "Which swims?",
        {"question": "Which swims?"},
        {"question": "Which swims?", "choices": ["the fish"]},
        {"question": "Which swims?", "choices": ["1", "2", "3", "4", "5"]},
        {"question": "Which swims?", "choices": ["the fish", " "]},
        {"question": "Which swims?", "choices": ["the fish", 2]},
        {"question": "???", "choices": ["x", "y"]},
        {"question": "Which swims?", "choices": {"B": "x", "C": "y"}},
    ],
)
def test_no_item(data: object) -> None:
    with pytest.raises(Unusable):
        FORMAT.text(data)


@pytest.mark.parametrize(
    "text",
    [
        ITEM,
        f"Question: {ITEM}",
        "题目：Which swims?\n\nA) the stone\n B) the fish\n\nAnswer: B",
        "Which swims?\nA. the stone\nB. the fish\nD. the chair",
        "Which swims?\nA、the stone\nB、the fish",
    ],
)
def test_lines_are_an_item(text: str) -> None:
    assert FORMAT.line(reply(text)) == ITEM


def test_a_choice_that_is_cut_off_is_left_out() -> None:
    assert FORMAT.line(reply(f"{ITEM}\nC. the ch", "length")) == ITEM


@pytest.mark.parametrize("text", ["", "Which swims?", "Which swims?\nA. one", "Which?\nB. x\nC. y"])
def test_lines_that_are_none(text: str) -> None:
    with pytest.raises(Unusable):
        FORMAT.line(reply(text))


@pytest.mark.parametrize("said", ["B", "b", " B.", "B)", "Ｂ"])
def test_a_letter_is_an_answer(said: str) -> None:
    assert FORMAT.label(said, ITEM) == "B"


@pytest.mark.parametrize("said", ["C", "the fish", "", None, 1, "AB"])
def test_what_is_no_letter_of_the_item(said: object) -> None:
    with pytest.raises(Unusable, match="no letter"):
        FORMAT.label(said, ITEM)


def test_no_target_and_one_token() -> None:
    assert FORMAT.targets == ()
    assert FORMAT.intended(None) is None
    words = Verbalizer.of(FORMAT.labels)
    assert words.letters and dict(words.words) == {name: name for name in FORMAT.labels}
