"""Broken and cut-off JSON: what is whole comes back as it was written, what is torn never does."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.critic import _read as read_opinions
from agents.formats.choice import ChoiceFormat
from agents.formats.classes import ClassFormat
from agents.formats.ner import NerFormat
from agents.formats.pair import PairFormat
from agents.labeler import _by_name, _Choice
from agents.replies import clean_text, json_object
from agents.texts import read_texts
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

AB = ClassFormat(("a", "b"))
TEXT = st.text(
    alphabet=st.sampled_from(list("abcXé第😀 \"',.:[]{}\n“”?-/1")), min_size=1, max_size=25
).map(lambda text: f"w{text}w")
"""Texts full of what JSON is made of; json-repair itself loses a backslash before a quote."""


def texts_of(text: str, finish: str = "stop", n: int = 9) -> list[str]:
    try:
        return [piece for piece, _ in read_texts(Reply(text, finish, None), n, AB, None)]
    except Unusable:
        return []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('```json\n{"texts": ["a b", "c d"]}\n```', ["a b", "c d"]),
        ('Here {they} are:\n```\n{"texts": ["a b", "c d"]}\n```\nGood luck!', ["a b", "c d"]),
        ('{"texts": ["a b", "c d",],}', ["a b", "c d"]),
        ("{'texts': ['a b', \"it's\", 'c d']}", ["a b", "it's", "c d"]),
        ('{"texts": ["a\nb", "c d"]}', ["a b", "c d"]),
        ('{"texts": ["Who is "The Boss"?", "c d"]}', ['Who is "The Boss"?', "c d"]),
        ('{"texts": ["a b"\n"c d"]}', ["a b", "c d"]),
        ('{"texts": ["a b", // one\n "c d"]}', ["a b", "c d"]),
        ('{texts: ["a b", "c d"]}', ["a b", "c d"]),
        ("{“texts”: [“a b”, “c d”]}", ["a b", "c d"]),
        ('["a b", "c d"]', ["a b", "c d"]),
        ('{"texts": {"1": "a b", "2": "c d"}}', ["a b", "c d"]),
        ('{"texts": ["a b", "c d"', ["a b", "c d"]),
        ('{"texts": ["a b", "c d', ["a b"]),
        ('{"texts": ["a b", "c d", ...', ["a b", "c d"]),
        ('{"texts": ["a \\"b\\" c", "d \\"e', ['a "b" c']),
        ('{"texts": ["\\ud83d\\ude00 yes", "no', ["😀 yes"]),
    ],
)
def test_what_is_forgiven(text: str, found: list[str]) -> None:
    assert texts_of(text) == found
    assert texts_of(text, "length") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # cut inside a quotation within a text: neither half of it is a text
        ('{"texts": ["Who is "The Boss"?", "What is "Em', ['Who is "The Boss"?']),
        ('{"texts": ["c d", "What is "', ["c d"]),
        # what json-repair makes of these are pieces of one text
        ('{"texts": [""Emma" is what?", "c d"]}', ["c d"]),
        ('{"texts": ["Who said: "I came, I saw"", "c d"]}', ["c d"]),
        ("{'texts': ['What's the tallest tree?', 'c d']}", ["c d"]),
    ],
)
def test_pieces_of_a_text_are_no_texts(text: str, found: list[str]) -> None:
    assert texts_of(text) == found
    assert texts_of(text, "length") == found


def test_a_bracket_in_a_torn_text_ends_no_list() -> None:
    assert texts_of('{"texts": ["a b", "w:\'w", "w]1:', "length") == ["a b", "w:'w"]


@given(st.lists(TEXT, min_size=1, max_size=5), st.booleans(), st.sampled_from([None, 1]), st.data())
@settings(max_examples=300, deadline=None)
def test_a_list_that_is_cut_anywhere_gives_its_first_texts(
    texts: list[str], plain: bool, indent: int | None, data: st.DataObject
) -> None:
    whole = json.dumps({"texts": texts}, ensure_ascii=plain, indent=indent)
    end = data.draw(st.integers(0, len(whole)))
    found = texts_of(whole[:end], "length")
    good = [clean_text(text) for text in texts]
    assert found == good[: len(found)]
    closed, place = 0, whole.index("[")
    for text in texts:
        written = json.dumps(text, ensure_ascii=plain)
        place = whole.index(written, place) + len(written)
        closed += place <= end
    assert len(found) == closed


PAIRS = json.dumps(
    {
        "texts": [
            {"premise": "a b", "hypothesis": "c d"},
            {"premise": "e f", "hypothesis": "g h"},
        ]
    }
)
ITEMS = json.dumps(
    {
        "texts": [
            {"question": "q r", "choices": ["x", "y"]},
            {"question": "s t", "choices": ["x", "y", "z"]},
        ]
    }
)


@pytest.mark.parametrize("end", range(len(PAIRS) + 1))
def test_a_pair_is_whole_or_lost(end: int) -> None:
    try:
        found = read_texts(Reply(PAIRS[:end], "length", None), 2, PairFormat(("a",)), None)
    except Unusable:
        found = []
    whole = sum(end > place for place in (PAIRS.index("}"), PAIRS.rindex("}]")))
    assert [text for text, _ in found] == ["a b\nc d", "e f\ng h"][:whole]


@pytest.mark.parametrize("end", range(len(ITEMS) + 1))
def test_a_question_never_loses_a_choice(end: int) -> None:
    try:
        found = read_texts(Reply(ITEMS[:end], "length", None), 2, ChoiceFormat(tuple("ABC")), None)
    except Unusable:
        found = []
    wanted = ["q r\nA. x\nB. y", "s t\nA. x\nB. y\nC. z"]
    assert [text for text, _ in found] == wanted[: len(found)]


LABELS = '{"1": "NUM", "2": "NUMBER", "3": "NUM"}'


@pytest.mark.parametrize("end", range(len(LABELS) + 1))
def test_labels_that_were_cut_off_are_no_votes(end: int) -> None:
    """`NUM` is the beginning of another label, so half a label could be taken for a whole one."""
    try:
        found = _by_name(Reply(LABELS[:end], "length", None), "xyz", ClassFormat(("NUM", "NUMBER")))
    except Unusable:
        found = [_Choice(None)] * 3
    for number, label in enumerate((one.label for one in found), 1):
        written = re.search(f'"{number}": "([A-Z]+)"', LABELS[:end])
        assert label == (written and written[1])


def test_entities_that_were_cut_off_are_no_vote() -> None:
    text = '{"1": [{"text": "Ann", "type": "PER"}], "2": [{"text": "Bo", "type": "PER"}, {"te'
    ner = NerFormat(("PER",))
    for end in (len(text), text.rindex(",") + 1, text.rindex(", {"), text.index('"2": [') + 6):
        first, second = _by_name(
            Reply(text[:end], "length", None), ["Ann left", "Bo and Cy left"], ner
        )
        assert first.label is not None and second.label is None


def test_verdicts_that_were_cut_off_are_missing() -> None:
    verdict = {"action": "accept", "label": "a", "reason": "r"}
    text = json.dumps({"1": verdict, "2": verdict})[: -len(', "reason": "r"}}')]
    first, second = read_opinions(Reply(text, "length", None), 2)
    assert first is not None and second is None


@pytest.mark.parametrize(
    ("text", "finish", "how"),
    [
        ('{"texts": ["a b"]}', "stop", []),
        ('Sure: {"texts": ["a b"]}', "stop", ["wrapped"]),
        ('{"texts": ["a b",]}', "stop", ["repaired"]),
        ('{"texts": ["a b", "c', "length", ["cut"]),
    ],
)
def test_what_was_mended_is_noted(text: str, finish: str, how: list[str]) -> None:
    reply = Reply(text, finish, None)
    read_texts(reply, 2, AB, None)
    assert reply.mended == how
    assert Reply.from_json(reply.to_json()).mended == []


@pytest.mark.parametrize("text", ['{"a":' * 9_000, "[" * 9_000, '{"texts": ["' + 'a "b", ' * 3_000])
def test_hostile_replies_cost_no_more_than_a_moment(text: str) -> None:
    try:
        json_object(Reply(text, "length", None), "texts", texts=True)
    except Unusable:
        return
