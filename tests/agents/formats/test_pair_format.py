"""Pairs in replies: objects of large models, lines of small ones."""

from __future__ import annotations

import pytest

from agents.formats.pair import PairFormat
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

FORMAT = PairFormat(("entailment", "neutral"))


def reply(text: str, finish: str = "stop") -> Reply:
    return Reply(text, finish, None)


def test_an_object_is_a_pair() -> None:
    assert FORMAT.text({"premise": "It\nrains.", "hypothesis": " It is wet. "}) == (
        "It rains.\nIt is wet."
    )


@pytest.mark.parametrize(
    "data",
    [
        "It rains.",
        None,
        {"premise": "It rains."},
        {"premise": "It rains.", "hypothesis": 3},
        {"premise": "It rains.", "hypothesis": ""},
        {"premise": "…", "hypothesis": "It is wet."},
    ],
)
def test_half_a_pair_is_unusable(data: object) -> None:
    with pytest.raises(Unusable):
        FORMAT.text(data)


@pytest.mark.parametrize(
    "text",
    [
        "It rains.\nIt is wet.",
        "Text: It rains.\nSentence: It is wet.",
        "Premise: It rains.\n\nHypothesis: It is wet.\nHypothesis: It is dry.",
        "Texte\u202f: It rains.\nPhrase\u202f: It is wet.",
        "“It rains.”\n文本：It is wet.",
    ],
)
def test_two_lines_are_a_pair(text: str) -> None:
    assert FORMAT.line(reply(text)) == "It rains.\nIt is wet."


def test_a_colon_inside_a_sentence_stays() -> None:
    assert (
        FORMAT.line(reply("Remember: rain.\nShe said: yes.")) == "Remember: rain.\nShe said: yes."
    )


@pytest.mark.parametrize(
    ("text", "finish"), [("It rains.", "stop"), ("It rains.\nIt is", "length")]
)
def test_a_line_too_few_or_cut_off(text: str, finish: str) -> None:
    with pytest.raises(Unusable):
        FORMAT.line(reply(text, finish))


def test_a_target_is_the_label_that_is_meant() -> None:
    assert FORMAT.targets == ("entailment", "neutral")
    assert FORMAT.intended("neutral") == "neutral"
    assert FORMAT.one_word
