"""Words of a text in any script: for rules that count and compare them, without a tokenizer.

Where a script has no spaces (Chinese, Japanese, Thai), a run of letters is no word. There each
character counts as one, or each pair of neighbours where single characters would say too little.
"""

from __future__ import annotations

import re
from itertools import pairwise

UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
"""Scripts written without spaces: Thai, Lao, Burmese, Khmer, kana and ideographs."""
WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
_RUN = re.compile(rf"(?P<unspaced>[{UNSPACED}]+)|[^\W_{UNSPACED}]+")
_SPACE = re.compile(r"\s")
ELLIPSIS = " …"
"""What stands for the rest of a text."""
_ENDS = (".", "!", "?", "…", "。", "！", "？")
_CLOSERS = "\"'”’»」』）)\u202f\u00a0 "


def words(text: str) -> list[str]:
    """Runs of letters and digits; of unspaced scripts, each character."""
    return WORD.findall(text)


def pieces(text: str) -> list[str]:
    """Words in lower case; of unspaced scripts, each pair of neighbouring characters.

    Single characters recur in any longer Chinese text; pairs do so about as often as words do in
    a language with spaces.
    """
    found: list[str] = []
    for run in _RUN.finditer(text.casefold()):
        if run["unspaced"] is None or len(run[0]) == 1:
            found.append(run[0])
        else:
            found += ["".join(pair) for pair in pairwise(run[0])]
    return found


def beginning(text: str, most: int) -> str:
    """A text of at most so many characters, or as many of it up to a word's end, and an ellipsis.

    Where no word ends in the last quarter of them, as in scripts without spaces, it is cut as it
    comes.
    """
    if len(text) <= most:
        return text
    head = text[: most + 1]
    end = max((at.start() for at in _SPACE.finditer(head, most - most // 4)), default=most)
    return f"{head[:end].rstrip()}{ELLIPSIS}"


def unspaced(text: str) -> int:
    """Characters of scripts without spaces."""
    return sum(len(run["unspaced"]) for run in _RUN.finditer(text) if run["unspaced"])


def ended(text: str) -> str:
    """A sentence with its full stop, that of its own script."""
    bare = text.rstrip(_CLOSERS)
    if not bare or bare.endswith(_ENDS):
        return text
    characters = unspaced(text)
    others = len(words(text)) - characters
    return f"{text}{'。' if characters // 2 > others or not others else '.'}"
