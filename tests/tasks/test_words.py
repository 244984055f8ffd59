from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.words import beginning, ended, pieces, unspaced, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 2 lamps", ["It", "s", "2", "lamps"]),
        ("L’écran est noir", ["L", "écran", "est", "noir"]),
        ("很好用", ["很", "好", "用"]),
        ("买了iPhone 15", ["买", "了", "iPhone", "15"]),
        ("ラーメン", ["ラ", "ー", "メ", "ン"]),
        ("배송이 빨라요", ["배송이", "빨라요"]),  # Korean has spaces
        ("!?…", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good LAMP", ["good", "lamp"]),
        ("很好用", ["很好", "好用"]),
        ("好，坏", ["好", "坏"]),  # no pair across a mark
        ("用iPhone拍照", ["用", "iphone", "拍照"]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@given(st.text(max_size=60))
def test_no_text_has_more_characters_than_words(text: str) -> None:
    assert 0 <= unspaced(text) <= len(words(text)) <= len(text)
    assert bool(pieces(text)) == bool(words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it fails", "it fails."),
        ("it fails.", "it fails."),
        ("Il échoue\u202f!", "Il échoue\u202f!"),
        ("il a dit « non\u202f! »", "il a dit « non\u202f! »"),
        ("它分不清反话", "它分不清反话。"),
        ("它分不清反话。", "它分不清反话。"),
        ("他说：“不行！”", "他说：“不行！”"),
        ("a marriage case (婚姻家庭)", "a marriage case (婚姻家庭)."),
        ("", ""),
    ],
)
def test_a_sentence_ends_as_its_script_does(text: str, expected: str) -> None:
    assert ended(text) == expected


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("a fine old lamp", 15, "a fine old lamp"),
        ("a fine old lamp", 13, "a fine old …"),
        ("a fine old lamp", 10, "a fine old …"),  # a word's end at the very limit
        ("a fine old lamp", 0, " …"),
        ("a kaleidoscope", 12, "a kaleidosco …"),  # no word ends near the limit
        ("很好用的灯，很好用的灯", 5, "很好用的灯 …"),
    ],
)
def test_the_beginning_ends_with_a_word(text: str, most: int, expected: str) -> None:
    assert beginning(text, most) == expected


@given(st.text(), st.integers(0, 40))
def test_the_beginning_is_one(text: str, most: int) -> None:
    found = beginning(text, most)
    assert found == text or text.startswith(found.removesuffix(" …"))
    assert len(found) <= most + 2 or found == text
