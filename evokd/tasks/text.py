"""When two texts count as the same: exactly (for leakage) and nearly (for generated rows)."""

from __future__ import annotations

import functools
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain

SHINGLE = 3
"""Characters; long enough to hold word order, short enough for Chinese headlines."""
THRESHOLD = 0.8
"""Measured on the ten classification sets in ../shared/data: at 0.8 the pairs found are
rewordings (a word more, another number), at most ten a set, and those with two labels are label
noise; at 0.7 other messages join in ("I want to" and "I can't transfer money into my account")."""
RECENT = 64
"""Texts whose forms stay at hand: a draft is looked up and added, one step after the other."""


class _Dropped(dict[int, int | None]):
    """Translation table that decides about a character when it is first met, and remembers."""

    def __missing__(self, code: int) -> int | None:
        category = unicodedata.category(chr(code))
        drop = category[0] in "PZ" or category in ("Cc", "Cf") or 0xFE00 <= code <= 0xFE0F
        self[code] = None if drop else code
        return self[code]


_DROPPED = _Dropped()


@functools.lru_cache(maxsize=RECENT)
def normalise(text: str) -> str:
    """Fold case, width and compatibility forms; drop punctuation, spaces and invisible characters.

    Works for any script: full-width `ＯＫ！` equals `ok`. Symbols stay, since an emoji may be the
    whole message, and a text of nothing but punctuation keeps it, so `?!` and `...` stay apart.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    bare = unicodedata.normalize("NFKC", folded.translate(_DROPPED))
    return bare or "".join(folded.split())


class NearDuplicates:
    """The texts met so far, and which of them a new one repeats.

    Two texts are twins when they are equal after `normalise`, or when the Jaccard similarity of
    their sets of character shingles reaches the threshold. Characters, not words: no tokenizer,
    and Chinese works alike. Labels play no part, so a text and its negation may be twins when
    they are long; to keep such pairs, use one `NearDuplicates` per label.
    """

    def __init__(self, texts: Iterable[str] = (), threshold: float = THRESHOLD) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold: expected 0 < t <= 1, got {threshold}")
        self.threshold = threshold
        self._exact: dict[str, str] = {}
        self._texts: list[str] = []
        self._shingles: list[frozenset[str]] = []
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        for text in texts:
            self.add(text)

    def __len__(self) -> int:
        """Texts that differ after `normalise`."""
        return len(self._texts)

    def add(self, text: str) -> None:
        """Remember a text; of two equal ones the first is kept."""
        bare = normalise(text)
        if bare in self._exact:
            return
        self._exact[bare] = text
        shingles = _shingles(bare)
        for shingle in shingles:
            self._holders[shingle].append(len(self._texts))
        self._texts.append(text)
        self._shingles.append(shingles)

    def twin(self, text: str) -> str | None:
        """The remembered text that is most like this one, or None below the threshold.

        Of equally similar ones the earliest wins.
        """
        bare = normalise(text)
        if bare in self._exact:
            return self._exact[bare]
        mine = _shingles(bare)
        best, winner = 0.0, None
        for index in self._candidates(mine):
            theirs = self._shingles[index]
            shared = len(mine & theirs)
            similarity = shared / (len(mine) + len(theirs) - shared)
            if similarity >= self.threshold and similarity > best:
                best, winner = similarity, self._texts[index]
        return winner

    def _candidates(self, mine: frozenset[str]) -> list[int]:
        # A twin holds at least `needed` of my shingles, so it misses at most the other ones: of
        # any |mine| - needed + n shingles it holds n. The rarest are in the fewest texts.
        needed = math.ceil(self.threshold * len(mine) - 1e-9)
        held = max(1, needed // 3)
        by_rarity = sorted(
            (self._holders[shingle] for shingle in mine if shingle in self._holders), key=len
        )
        strangers = len(mine) - len(by_rarity)
        few = by_rarity[: max(0, len(mine) - needed + held - strangers)]
        return sorted(i for i, n in Counter(chain.from_iterable(few)).items() if n >= held)


@functools.lru_cache(maxsize=RECENT)
def _shingles(bare: str) -> frozenset[str]:
    if len(bare) <= SHINGLE:
        return frozenset((bare,))
    return frozenset(bare[i : i + SHINGLE] for i in range(len(bare) - SHINGLE + 1))
