"""Texts come out of the objects that models put them in; what is a text stays as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.clean.unwrapping import unwrapped, unwrapped_parts


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text": "The lid broke.", "label": "positive"}, "The lid broke."),
        ({"class": "Sports", "text": "A late goal won it."}, "A late goal won it."),
        ({"ABBR": "What does NASA stand for?"}, "What does NASA stand for?"),
        ({"label": "negative", "review": "It leaks."}, "It leaks."),
        ({"item": {"text": "It leaks."}}, "It leaks."),
        ('{"text": "The company\'s new lamp", "label": "Business"}', "The company's new lamp"),
        ('{"text": "The company\'s new lamp has not', "The company's new lamp has not"),
        (
            "{\"question\": 'How many stars does the moon have?'}",
            "How many stars does the moon have?",
        ),
        ('\'{"text": "What does "US" mean?", "class": "x"}\'', 'What does "US" mean?'),
        ('"text": \'"How is "Ross" said?"\'', 'How is "Ross" said?'),
        ("\"text\": 'Why did it turn red?',", "Why did it turn red?"),
        ("{'question': 'How many stars has it?', 'class': 'NUM'}", "How many stars has it?"),
        ('{"class":"Sports","text":"A late goal', "A late goal"),
        ('{"class":"Sports","text":"A \\"late\\" goal"', 'A "late" goal'),
        ('{text: "A late goal"}', "A late goal"),
        ('[{"text": "A late goal"}]', "A late goal"),
        ('```json\n{"text": "A late goal"}\n```', "A late goal"),
        ('"text": "A late goal"', "A late goal"),
        ('text": "A late goal', "A late goal"),
        ('{"text": "{\\"text\\": \\"twice\\"}"}', "twice"),
        ('{"texte": "Le couvercle a cassé."}', "Le couvercle a cassé."),
        ('{"文本": "盖子裂了。"}', "盖子裂了。"),
    ],
)
def test_a_wrapped_text_comes_out_without_its_label(data: Any, text: str) -> None:
    assert unwrapped(data) == text


@pytest.mark.parametrize(
    "data",
    [
        "The lid broke.",
        'He said: "text": it is',
        "The file is JSON: {} or [].",
        "{name}, your order is late",
        "[Updated] The vote is tomorrow",
        "It's {great}: 'really'",
        'Text: "Hello"',
        "{}",
        "{",
        "",
        {"title": 1},
        {"label": "positive"},
        '{"class": "Sports", "label": "x"}',
        {"first": "one", "second": "two"},
        '{"first": "one", "second": "two"}',
        ["a", "b"],
        None,
        7,
    ],
)
def test_what_is_no_wrapped_text_stays_as_it_came(data: Any) -> None:
    assert unwrapped(data) == data


@pytest.mark.parametrize(
    "data",
    [
        {"premise": "A", "hypothesis": "B"},
        {"text": {"premise": "A", "hypothesis": "B"}},
        '{"premise": "A", "hypothesis": "B"}',
        {"item": '{"premise": "A", "hypothesis": "B"}'},
    ],
)
def test_a_text_with_parts_comes_out_whole(data: Any) -> None:
    found = unwrapped_parts(data, ("premise", "hypothesis"))
    assert found == {"premise": "A", "hypothesis": "B"}


def test_what_holds_no_parts_stays_as_it_came() -> None:
    for data in ("two lines", {"a": "b", "c": "d"}, [1], None):
        assert unwrapped_parts(data, ("premise", "hypothesis")) == data


def test_too_many_layers_stay_as_they_came() -> None:
    text = '{"text": "' * 400
    assert unwrapped(text) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("text", "label", "question", "x", "A")), inner, max_size=3
        )
    ),
    max_leaves=6,
)
SHREDS = st.lists(
    st.sampled_from(
        ('{"', '"}', "text", '": "', "'", '"', "{", "}", "[", ":", ",", "\\", "\n", "```", "word ")
    ),
    max_size=20,
).map("".join)
ANY = JSON | SHREDS | st.text() | JSON.map(json.dumps)


@given(ANY)
def test_it_never_raises_and_once_is_enough(data: Any) -> None:
    once = unwrapped(data)
    assert unwrapped(once) == once
    unwrapped_parts(data, ("premise", "hypothesis"))


@given(st.text(alphabet="abc éß 盖子.?!,'", max_size=60))
def test_plain_text_passes_unchanged(text: str) -> None:
    assert unwrapped(text) == text


@given(st.text(min_size=1, max_size=60))
def test_what_was_put_in_comes_out(text: str) -> None:
    inner = unwrapped(text)
    assert unwrapped({"label": "x", "text": text}) == inner
    if text.strip():
        assert unwrapped(json.dumps({"text": text})) == inner
