"""Plain lists: markers, prose, quotation marks, and what was cut off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.formats.classes import ClassFormat
from agents.lines import listed
from agents.replies import clean_text
from agents.texts import read_lines
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

AB = ClassFormat(("a", "b"))


def lines_of(text: str, finish: str = "stop") -> list[str]:
    return listed(Reply(text, finish, None))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1. One fine day\n2. Two cats", ["One fine day", "Two cats"]),
        ("1) One fine day\n2) Two cats", ["One fine day", "Two cats"]),
        ("(1) One fine day\n(2) Two cats", ["One fine day", "Two cats"]),
        ("- One fine day\n- Two cats", ["One fine day", "Two cats"]),
        ("* One fine day\n* Two cats", ["One fine day", "Two cats"]),
        ("1、今天天气好\n2、两只猫", ["今天天气好", "两只猫"]),
        ("1．今天天气好\n（2）两只猫", ["今天天气好", "两只猫"]),
        ("**1.** One fine day\n**2. Two cats**", ["One fine day", "Two cats"]),
        ("1. **One** fine day\n2. __Two__ cats", ["One fine day", "Two cats"]),
        ('1. "One fine day"\n2. “Two cats”', ["One fine day", "Two cats"]),
        ('Line 1: "One fine day "\nLine 2: "Two cats"', ["One fine day", "Two cats"]),
        ("Ligne 1 : Il pleut\nLigne 2 : Il neige", ["Il pleut", "Il neige"]),
        ("第1行：今天天气好\n第2行：两只猫", ["今天天气好", "两只猫"]),
        ('1. "One fine day",\n2. "Two cats",', ["One fine day", "Two cats"]),
        ("Sure! Here are 2 texts:\n\n1. One fine day\n\n2. Two cats\n\nI hope it helps.", None),
        ("```\n1. One fine day\n2. Two cats\n```", None),
        ("1.\nOne fine day\n\n2.\nTwo cats", None),
        ("1. One fine day\n   - class: a\n2. Two cats\n   - class: b", None),
        ("Here they are:\nOne fine day\nTwo cats", None),
        ("3.5 million people\n1990 was a year", ["3.5 million people", "1990 was a year"]),
        ('1. Who is "The Boss"?\n2. It\'s "Em"', ['Who is "The Boss"?', 'It\'s "Em"']),
    ],
)
def test_lists(text: str, found: list[str] | None) -> None:
    assert lines_of(text) == (found or ["One fine day", "Two cats"])


def test_the_last_line_of_a_reply_that_was_cut_off_is_torn() -> None:
    reply = Reply("1. One fine day\n2. Two ca", "length", None)
    assert listed(reply) == ["One fine day"]
    assert reply.mended == ["cut"]
    with pytest.raises(Unusable):
        lines_of("1. One fi", "length")


@pytest.mark.parametrize("text", ["", "\n \n", "```\n```", "1.\n2.\n"])
def test_without_a_line_there_is_nothing(text: str) -> None:
    with pytest.raises(Unusable):
        lines_of(text)


def test_texts_are_cleaned_counted_and_useless_ones_dropped() -> None:
    reply = Reply("1. One\x07 day\n2. 123 !!\n3. Two\n4. Three", "stop", None)
    assert read_lines(reply, 2, AB, "a") == [("One day", "a"), ("Two", "a")]
    with pytest.raises(Unusable, match="no words"):
        read_lines(Reply("1. 123", "stop", None), 2, AB, None)


@pytest.mark.parametrize(
    "text", ['{"texts": ["One day", "Two"]}', '```json\n["One day", "Two"]\n```']
)
def test_json_all_the_same_is_read_as_such(text: str) -> None:
    assert [piece for piece, _ in read_lines(Reply(text, "stop", None), 2, AB, None)] == [
        "One day",
        "Two",
    ]


WORDS = st.text(alphabet="abcé第 ,.?'1", min_size=1, max_size=20).map(lambda text: f"w{text}w")
MARKERS = st.sampled_from(["{}. ", "{}) ", "{}、", "({}) ", "**{}.** ", "- ", "* ", "• "])


@given(st.lists(WORDS, min_size=1, max_size=12), MARKERS, st.sampled_from(["", "Sure, here:\n\n"]))
def test_what_is_listed_comes_back(texts: list[str], marker: str, before: str) -> None:
    text = before + "\n".join(f"{marker.format(n)}{text}" for n, text in enumerate(texts, 1))
    assert lines_of(text) == texts


@given(st.lists(WORDS, min_size=1, max_size=6), st.data())
def test_a_list_that_is_cut_anywhere_gives_its_first_texts(
    texts: list[str], data: st.DataObject
) -> None:
    whole = "\n".join(f"{n}. {text}" for n, text in enumerate(texts, 1))
    end = data.draw(st.integers(0, len(whole)))
    try:
        found = lines_of(whole[:end], "length")
    except Unusable:
        found = []
    assert found == texts[: len(found)]
    assert len(found) == whole[:end].count("\n")


@given(st.text(max_size=200), st.sampled_from(["stop", "length"]))
def test_any_reply_is_read_or_unusable(text: str, finish: str) -> None:
    try:
        pieces = read_lines(Reply(text, finish, None), 3, AB, None)
    except Unusable:
        return
    assert all(piece == clean_text(piece) for piece, _ in pieces)
