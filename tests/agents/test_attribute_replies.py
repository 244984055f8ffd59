"""Proposals of attributes: what is read, what is hostile, what is no proposal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.attribute_replies import MOST, Reader, yes_or_no
from agents.task_view import TaskView
from evokd.tasks.text import normalise
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from tests.agents.forms import classes

VIEW = TaskView(classes("Sports", "World"), {"Sports": "matches"}, "news item", "en", ())


def reader(*, as_json: bool = False) -> Reader:
    return Reader.of(VIEW, as_json=as_json)


def said(text: str, finish: str = "stop") -> Reply:
    return Reply(text, finish, None)


LINES = """Sure, here are 3 ways:
1. Tone: polite; rude; "dry"
2. **Length**: short, long, very long
- Place:
  - Japan
  - a small town
4. Alone: one
"""


def test_lines_are_read_however_they_are_marked() -> None:
    assert reader().dimensions(said(LINES), 5, 10) == [
        ("Tone", ("polite", "rude", "dry")),
        ("Length", ("short", "long", "very long")),
        ("Place", ("Japan", "a small town")),
    ]


def test_no_more_than_was_asked_for() -> None:
    assert reader().dimensions(said(LINES), 1, 2) == [("Tone", ("polite", "rude"))]


@pytest.mark.parametrize("as_json", [True, False])
def test_a_value_that_is_said_again_is_one_value(as_json: bool) -> None:
    """Each call draws one of them with equal chances."""
    values = ["short", "Long", " SHORT ", "short", "long.", "mid-sized"]
    text = json.dumps({"dimensions": [{"name": "length", "values": values}]})
    reply = said(text if as_json else f"length: {'; '.join(values)}")
    found = reader(as_json=as_json).dimensions(reply, 3, 3)
    assert found == [("length", ("short", "Long", "mid-sized"))]


def test_a_value_that_was_cut_off_is_dropped() -> None:
    found = reader().dimensions(said("tone: polite; rude; exci", "length"), 3, 10)
    assert found == [("tone", ("polite", "rude"))]


def test_json_is_read_and_junk_in_it_dropped() -> None:
    good = {"name": "style", "values": ["dry", "Dry ", 7, None, ["x"], True, "warm"]}
    bad = [{"name": 3}, "style", {"name": "x", "values": "dry"}, {"values": ["a", "b"]}]
    text = json.dumps({"dimensions": [*bad, good, {"name": "Style", "values": ["a b", "c d"]}]})
    assert reader(as_json=True).dimensions(said(text), 5, 10) == [("style", ("dry", "7", "warm"))]


def test_a_class_is_no_value_and_a_topic_of_classes_no_dimension() -> None:
    text = "topic: Sports; world; \nsubtopic: a; b\nage: young; old"
    assert reader().dimensions(said(text), 5, 10) == [("age", ("young", "old"))]


def test_subtopics_may_say_what_the_description_says() -> None:
    found = reader().values(said("1. matches\n2. transfers of players\n3. sports"), 10)
    assert found == ("matches", "transfers of players")


@pytest.mark.parametrize("text", ["", "I can't.", "tone: polite", '{"dimensions": 3}', "a: ; ;"])
@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_no_proposal(text: str, as_json: bool) -> None:
    with pytest.raises(Unusable):
        reader(as_json=as_json).dimensions(said(text), 3, 10)
    with pytest.raises(Unusable):
        reader(as_json=as_json).values(said(text.replace("I can't.", "")), 10)


@given(st.lists(st.text(max_size=200), min_size=2, max_size=6))
def test_whatever_comes_is_short_and_on_one_line(values: list[str]) -> None:
    text = json.dumps({"values": values})
    try:
        kept = reader(as_json=True).values(said(text), 10)
    except Unusable:
        return
    for value in kept:
        assert 0 < len(value) <= MOST and value.isprintable() and value == value.strip()
    assert len({normalise(value) for value in kept}) == len(kept) >= 2


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes.", True),
        ("no", False),
        ("**No**, it", False),
        ("是", True),
        ("不是", False),
        ("Oui !", True),
    ],
)
def test_yes_or_no(text: str, answer: bool) -> None:
    assert yes_or_no(said(text)) is answer


@pytest.mark.parametrize("text", ["", "perhaps", "not sure", "yesterday", "nothing"])
def test_neither_yes_nor_no(text: str) -> None:
    with pytest.raises(Unusable):
        yes_or_no(said(text))
