from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.spans import (
    EntitySpan,
    cells,
    decode,
    encode,
    from_tags,
    is_spaceless,
    joined,
    surfaces,
    to_tags,
    words,
)

TEXTS = st.text("ab é1’'.-()北京\u0301\u200b กไ\n", min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann's lamp", ["Ann", "'", "s", "lamp"]),
        ("l’hôpital d'Amérique", ["l", "’", "hôpital", "d", "'", "Amérique"]),
        ("U.S. (CNN)!!", ["U", ".", "S", ".", "(", "CNN", ")", "!", "!"]),
        ("2023年北京iPhone15很好", ["2023", "年", "北", "京", "iPhone15", "很", "好"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("東京タワーへ", ["東", "京", "タ", "ワ", "ー", "へ"]),
        ("한국 사람", ["한국", "사람"]),
        ("ก็ได้", ["ก็", "ไ", "ด้"]),
        ("a\u200bb\tc\u00a0d", ["a", "b", "c", "d"]),
        ("snake_case x-ray", ["snake", "_", "case", "x", "-", "ray"]),
        ("5 € 😀👍🏽", ["5", "€", "😀", "👍", "🏽"]),
        (" \n", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in words(text)] == expected


@given(TEXTS)
def test_words_are_in_order_apart_and_leave_out_only_what_can_not_be_seen(text: str) -> None:
    found = words(text)
    edges = [edge for word in found for edge in word]
    assert edges == sorted(edges)
    assert all(start < end for start, end in found)
    left = set(range(len(text))) - {i for start, end in found for i in range(start, end)}
    assert {text[i] for i in left} <= {" ", "\n", "\u200b", "\u0301"}


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[EntitySpan]]:
    """A text and entities of whole words, apart from one another."""
    text = draw(TEXTS)
    found = words(text)
    spans, at = [], 0
    while at < len(found) and draw(st.booleans()):
        first = draw(st.integers(at, len(found) - 1))
        last = draw(st.integers(first, len(found) - 1))
        spans.append(EntitySpan(found[first][0], found[last][1], draw(st.sampled_from("XY"))))
        at = last + 1
    return text, spans


@given(texts_with_spans())
def test_bio2_there_and_back(made: tuple[str, list[EntitySpan]]) -> None:
    text, spans = made
    found = words(text)
    assert from_tags(found, to_tags(found, spans)) == spans


@given(texts_with_spans())
def test_the_canonical_string_there_and_back(made: tuple[str, list[EntitySpan]]) -> None:
    text, spans = made
    label = encode(text, reversed(spans))
    assert decode(label) == spans
    assert surfaces(label) == [(text[s.start : s.end], s.type) for s in spans]


def test_the_canonical_string() -> None:
    text = "Jack Ruby in Dallas"
    spans = [EntitySpan(13, 19, "Loc"), EntitySpan(0, 9, "Peop")]
    assert encode(text, spans) == '[[0,9,"Peop","Jack Ruby"],[13,19,"Loc","Dallas"]]'
    assert encode(text, []) == "[]"
    assert encode("在北京", [EntitySpan(1, 3, "地")]) == '[[1,3,"地","北京"]]'


@pytest.mark.parametrize(
    ("spans", "complaint"),
    [
        ([EntitySpan(3, 3, "X")], "empty"),
        ([EntitySpan(4, 5, "X")], "empty"),  # a space
        ([EntitySpan(0, 99, "X")], "outside"),
        ([EntitySpan(-1, 2, "X")], "outside"),
        ([EntitySpan(0, 9, "X"), EntitySpan(5, 12, "X")], "overlap"),
    ],
)
def test_what_is_no_set_of_entities_is_refused(spans: list[EntitySpan], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        encode("Jack Ruby in Dallas", spans)


@pytest.mark.parametrize("label", ["", "nonsense", "{}x", "[[1,2]]", "[1]", "3"])
def test_a_string_that_is_no_label_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="no entities"):
        decode(label)


def test_entities_that_end_inside_a_word() -> None:
    text = "Sino-Japanese pre2000s"
    inside = [EntitySpan(0, 4, "A"), EntitySpan(14, 17, "B"), EntitySpan(17, 21, "C")]
    found = cells(text, inside)
    assert [text[a:b] for a, b in found] == ["Sino", "-", "Japanese", "pre", "2000", "s"]
    assert from_tags(found, to_tags(found, inside)) == inside
    # without the cut, tags take the whole word, for the first of the two
    assert to_tags(words(text), inside) == ["B-A", "O", "O", "B-B"]


def test_a_tag_that_continues_nothing_opens_an_entity() -> None:
    found = words("a b c d")
    assert from_tags(found, ["I-X", "I-X", "I-Y", "O"]) == [
        EntitySpan(0, 3, "X"),
        EntitySpan(4, 5, "Y"),
    ]
    assert from_tags(found, ["B-X", "B-X", "O", "I-X"]) == [
        EntitySpan(0, 1, "X"),
        EntitySpan(2, 3, "X"),
        EntitySpan(6, 7, "X"),
    ]


def test_tokens_are_joined_as_the_script_wants() -> None:
    assert joined(["Annie", "Oakley", "."], spaced=True) == (
        "Annie Oakley .",
        [(0, 5), (6, 12), (13, 14)],
    )
    # a space only where two tokens would else become one word
    text, places = joined(["我", "用", "iPhone", "15", "拍", "北京"], spaced=False)
    assert text == "我用iPhone 15拍北京"
    assert [text[a:b] for a, b in places] == ["我", "用", "iPhone", "15", "拍", "北京"]


def test_scripts_without_spaces() -> None:
    assert all(map(is_spaceless, "北かカ々ก២"))
    assert not any(map(is_spaceless, "aé1я한。、，ا"))
