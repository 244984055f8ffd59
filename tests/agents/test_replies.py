from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agents.critic import _read as read_opinions
from agents.formats.classes import ClassFormat
from agents.labeler import _by_name
from agents.replies import clean_text, json_object, json_reply, one_text
from agents.texts import read_texts
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

AB = ClassFormat(("a", "b"))


class Note(BaseModel):
    text: str


def reply(text: str, finish: str = "stop") -> Reply:
    return Reply(text, finish, None)


@pytest.mark.parametrize(
    "text",
    ['{"text": "a"}', '```json\n{"text": "a"}\n```', 'Sure! {"text": "a"} I hope this helps.'],
)
def test_prose_and_fences_around_the_object_are_forgiven(text: str) -> None:
    assert json_reply(reply(text), Note).text == "a"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("no json here", "no JSON object"),
        ('{"text": ', "nothing in it is whole"),
        ('{"text": 1}', "text: Input should be a valid string"),
        ('{"wrong": 1}', "text: Field required"),
        ("[" * 50_000 + "{}" + "]" * 50_000, "text: Field required"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "JSON|nested|characters"),
    ],
)
def test_what_is_wrong_is_said(text: str, complaint: str) -> None:
    with pytest.raises(Unusable, match=complaint):
        json_reply(reply(text), Note)


def test_a_truncated_object_says_so() -> None:
    with pytest.raises(Unusable, match="cut off"):
        json_object(reply('{"text": "a}', "length"))


@given(st.text(max_size=200))
def test_any_reply_parses_or_is_unusable(text: str) -> None:
    for parse in (
        lambda r: json_reply(r, Note),
        one_text,
        lambda r: _by_name(r, ["x", "y", "z"], AB),
        lambda r: read_opinions(r, 3),
        lambda r: read_texts(r, 2, AB, None),
        lambda r: read_texts(r, 2, AB, None, labelled=True),
    ):
        try:
            parse(reply(text))
        except Unusable:
            continue


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["1", "2", "texts", "label", "action", "text"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@given(JSON)
def test_any_json_parses_or_is_unusable(value: object) -> None:
    text = json.dumps(value)
    for parse in (
        lambda r: _by_name(r, ["x", "y"], AB),
        lambda r: read_opinions(r, 2),
        lambda r: read_texts(r, 2, AB, None),
        lambda r: read_texts(r, 2, AB, None, labelled=True),
    ):
        try:
            parse(reply(text))
        except Unusable:
            continue


def test_labels_are_read_by_number_and_case_is_forgiven() -> None:
    text = '{"2": " Positive ", "1": "odd", "9": "negative"}'
    found = _by_name(reply(text), ["x", "y"], ClassFormat(("positive",)))
    assert [(one.label, one.reason) for one in found] == [
        (None, "no label of the task was named"),
        ("positive", None),
    ]


def test_no_more_texts_than_asked_for_and_none_that_is_empty() -> None:
    text = json.dumps({"texts": ["", "\u202e\u0000", "one fine day", "two", "three", "four"]})
    pieces = read_texts(reply(text), 4, AB, None)
    assert [piece for piece, _ in pieces] == ["one fine day", "two"]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ('"It broke."', "It broke."),
        ("- It broke.\nmore", "It broke."),
        ("1. It broke.", "It broke."),
        ("“It broke.”", "It broke."),
        ("\n\n  It \x07broke\u202e.  ", "It broke."),
        ("3.5 stars for this", "3.5 stars for this"),
        ("不错的商品", "不错的商品"),
    ],
)
def test_one_text(raw: str, clean: str) -> None:
    assert one_text(reply(raw)) == clean


@pytest.mark.parametrize("text", ["", "   ", "123 ... !", "\x00\x01", "x" * 5000])
def test_what_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        clean_text(text)


@given(st.text(max_size=300))
def test_clean_text_is_one_line_without_controls_and_stays_clean(text: str) -> None:
    try:
        clean = clean_text(text)
    except Unusable:
        return
    assert "\n" not in clean and clean == clean.strip()
    assert clean_text(clean) == clean


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ('"It broke."', "It broke."),
        ("1. It broke.", "It broke."),
        ("«\u202fIl s’est cassé.\u202f»", "Il s’est cassé."),
        ("- « Il s’est cassé. »", "Il s’est cassé."),
        ("« Parfait », dit mon fils", "« Parfait », dit mon fils"),
        ("“盖子裂了。”", "盖子裂了。"),
        ("「盖子裂了」", "盖子裂了"),
        ("1、盖子裂了。", "盖子裂了。"),
        ("（2）盖子裂了。", "盖子裂了。"),
        ("“质量好”，结果一周就坏", "“质量好”，结果一周就坏"),
        ("《三体》真好看", "《三体》真好看"),
        ('"Great" she said', '"Great" she said'),
    ],
)
def test_bullets_and_quotation_marks_around_a_line_go_and_no_others(said: str, text: str) -> None:
    assert one_text(reply(said)) == text
