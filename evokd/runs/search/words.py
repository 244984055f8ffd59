"""Words as a search compares them: without case, accents and punctuation, in any script.

SQLite's own tokenizers take a line of Chinese for one word and split Hindi at its vowel signs. So
texts are cut into words here, for the index, the query and the marks in a snippet alike, and SQLite
gets words with blanks between them. Scripts that write no blanks (Chinese, Japanese, Thai, …) are
cut into single characters; a word of several is then a phrase of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_ACCENTS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670"
"""Marks that people leave out when they type: accents, and vowel points of Hebrew and Arabic."""
_VOWEL_SIGNS = "\u0900-\u0963\u0966-\u096f\u0971-\u0dff"
"""Letters and vowel signs of India, without the marks between sentences."""
_SINGLE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts without blanks: each character is a word."""
WORD = re.compile(f"[{_SINGLE}]|(?:[^\\W_{_SINGLE}]|[{_ACCENTS}{_VOWEL_SIGNS}])+")
"""A word of any script."""
_ACCENT = re.compile(f"[{_ACCENTS}]")
BREAK = " ␞ "
"""Between two texts of one column: a word that nobody can ask for, so no phrase runs across."""

LONG = 40
"""Letters of a word from which on it is not remembered."""


class Word(NamedTuple):
    """A word of a text."""

    said: str
    """As it is compared."""
    start: int
    end: int
    """Where it stands: characters of the text."""


def words(text: str) -> Iterator[Word]:
    """The words of a text, in order; any text will do, half a surrogate pair is no word."""
    for match in WORD.finditer(text):
        said = _folded(match[0])
        if said:
            yield Word(said, match.start(), match.end())


def folded(text: str) -> str:
    """The words of a text with a blank between them: what the index holds."""
    if text.isascii():  # cut and folded by the index in the very same way
        return text.replace("\0", " ")
    return " ".join(word.said for word in words(text))


def said_words(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [word.said for word in words(text)]


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    return _bare(word) if len(word) > LONG else _bare_again(word)


def _bare(word: str) -> str:
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", word)).casefold()
    return "".join(WORD.findall(unicodedata.normalize("NFC", bare)))


_bare_again = lru_cache(50_000)(_bare)
