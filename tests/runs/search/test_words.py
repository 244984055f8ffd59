"""Words: the index, the query and the marks cut a text alike."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.runs.search.words import BREAK, folded, said_words, words

TEXTS = st.text() | st.text("aÀé ß_-手机กิน्ीक\0\ud800ﬁ½İ", max_size=30)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The lid's cracked, twice!", ["the", "lid", "s", "cracked", "twice"]),
        ("snake_case and-hyphen 3.5", ["snake", "case", "and", "hyphen", "3", "5"]),
        ("Café cafe\u0301 CAFÉ", ["cafe", "cafe", "cafe"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("这部手机坏了", ["这", "部", "手", "机", "坏", "了"]),
        ("हिन्दी शब्द", ["हिन्दी", "शब्द"]),
        ("مُحَمَّد محمد", ["محمد", "محمد"]),
        ("Ёлка Владимир", ["елка", "владимир"]),
        ("a\x00b \ud800c 👩‍👧 …", ["a", "b", "c"]),
        ("", []),
    ],
)
def test_words_are_compared_without_case_accents_and_punctuation(
    text: str, said: list[str]
) -> None:
    assert said_words(text) == said


@given(TEXTS)
def test_a_word_stands_where_it_says(text: str) -> None:
    ends = 0
    for word in words(text):
        assert ends <= word.start < word.end <= len(text)
        assert said_words(text[word.start : word.end]) == [word.said]
        ends = word.end


@given(TEXTS)
def test_sqlite_cuts_what_the_index_holds_into_the_same_words(text: str) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE texts USING fts5 (text, tokenize='ascii')")
    db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (texts, 'instance')")
    db.execute("INSERT INTO texts VALUES (?)", (folded(text),))
    found = db.execute("SELECT term FROM terms ORDER BY offset").fetchall()
    db.close()
    assert [term for (term,) in found] == said_words(text)


def test_the_break_between_two_texts_can_not_be_asked_for() -> None:
    assert said_words(BREAK) == []
