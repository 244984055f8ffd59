"""ROUGE-L, LLM2LLM's filter: a new row that repeats an old one above a limit is dropped.

F1 of the longest common subsequence of words (Lin 2004): P = LCS / words of one text, R = LCS /
words of the other, F1 = 2PR / (P + R) = 2 LCS / (words of both). Words are runs of letters and
digits in lower case, no stemming; a Chinese, Japanese or Thai character is a word of its own, as
those texts have no spaces (the usual implementation drops everything but a-z and 0-9).
"""

from __future__ import annotations

from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from evokd.tasks.words import WORD


class _Read(NamedTuple):
    text: str
    words: list[str]


def rouge_l(a: str, b: str) -> float:
    """Likeness of two texts in [0, 1], the same in both directions.

    Texts without a word (nothing but signs) are alike only when they are equal: 1, else 0.
    """
    return _f1(_Read(a, words(a)), _Read(b, words(b)))


def words(text: str) -> list[str]:
    """The words that count."""
    return WORD.findall(text.lower())


def _f1(a: _Read, b: _Read) -> float:
    if not a.words and not b.words:
        return float(a.text == b.text)
    return 2 * LCSseq.similarity(a.words, b.words) / (len(a.words) + len(b.words))


class RougeIndex:
    """LLM2LLM's published filter: a row repeats another when their ROUGE-L is above a limit."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._rows: list[_Read] = []

    def add(self, text: str) -> None:
        """Remember a text."""
        self._rows.append(_Read(text, words(text)))

    def twin(self, text: str) -> str | None:
        """The first text that this one repeats."""
        new = _Read(text, words(text))
        return next((row.text for row in self._rows if _f1(new, row) > self._limit), None)
