"""ROUGE-L, LLM2LLM's filter: a new row that repeats an old one above a limit is dropped.

F1 of the longest common subsequence of words (Lin 2004): P = LCS / words of one text, R = LCS /
words of the other, F1 = 2PR / (P + R) = 2 LCS / (words of both). Words are runs of letters and
digits in lower case, no stemming; a Chinese, Japanese or Thai character is a word of its own, as
those texts have no spaces (the usual implementation drops everything but a-z and 0-9).
"""

from __future__ import annotations

from collections.abc import Sequence

from evokd.tasks.words import WORD


def rouge_l(a: str, b: str) -> float:
    """Likeness of two texts in [0, 1], the same in both directions.

    Texts without a word (nothing but signs) are alike only when they are equal: 1, else 0.
    """
    left, right = words(a), words(b)
    if not left and not right:
        return float(a == b)
    return 2 * common(left, right) / (len(left) + len(right))


def words(text: str) -> list[str]:
    """The words that count."""
    return WORD.findall(text.lower())


def common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence.

    Bit-parallel (Hyyrö 2004): a bit for each word of `a`, a few integer operations for each of
    `b`. The filter compares every new row with every old one, which a table in Python would make
    the slowest part of a round.
    """
    places: dict[str, int] = {}
    for at, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << at
    full = (1 << len(a)) - 1
    unmatched = full
    for word in b:
        hits = unmatched & places.get(word, 0)
        unmatched = ((unmatched + hits) | (unmatched - hits)) & full
    return len(a) - unmatched.bit_count()
