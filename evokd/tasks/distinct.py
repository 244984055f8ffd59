"""How much the words of texts vary: distinct-n (Li et al. 2016, arXiv 1510.03055)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = re.compile(
    "[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f]"  # scripts without spaces: characters
    r"|[^\W\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f]+(?:['’]\w+)?"
)


def words_of(text: str) -> list[str]:
    """Words, folded; characters where a script has no spaces."""
    return _WORDS.findall(text.casefold())


def distinct(texts: Sequence[Sequence[str]], n: int) -> float | None:
    """Different runs of n words per run, in [0, 1]; None where there is none.

    A run lies within one text. The share falls with the number of words alone, so that only sets of
    about the same size can be compared by it.

    Args:
        texts: The words of each text, see `words_of`.
        n: 1 for words, 2 for pairs of neighbours.
    """
    runs = [run for words in texts for run in zip(*(words[at:] for at in range(n)), strict=False)]
    return len(set(runs)) / len(runs) if runs else None
