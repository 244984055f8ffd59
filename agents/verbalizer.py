"""Label words: what a labeler answers for each label, so that its first token tells them apart.

Reading a label off one token's log-probabilities needs words that begin differently. Label names
serve where they do; a common prefix (`news_`) is dropped first; else the labels get letters.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evokd.config.names import folded

MAX_CHOICES = 20
"""Servers return at most 20 alternatives, so more labels can't be read off one token."""


@dataclass(frozen=True, slots=True)
class Verbalizer:
    """Label → word, and back from the alternatives of the first token."""

    words: Mapping[str, str]
    letters: bool
    """The words are letters, which the prompt must explain."""

    @classmethod
    def of(cls, labels: Sequence[str]) -> Verbalizer:
        """Words for up to 20 labels."""
        cut = _shared_prefix(labels)
        words = [label[cut:].replace("_", " ").strip() for label in labels]
        starts = {folded(word)[:2] for word in words}
        plain = all(len(word) >= 2 and word[:2].isascii() for word in words)
        if plain and len(starts) == len(labels):
            return cls(dict(zip(labels, words, strict=True)), letters=False)
        letters = string.ascii_uppercase[: len(labels)]
        return cls(dict(zip(labels, letters, strict=True)), letters=True)

    def read(self, alternatives: Sequence[tuple[str, float]]) -> dict[str, float] | None:
        """Log-probabilities by label, normalised over the labels.

        Tokens that begin a label's word count for it, whatever their case or leading space. A
        label without a token gets the smallest log-probability seen: it is less likely still.

        Returns:
            None when no alternative begins any label's word.
        """
        mass = dict.fromkeys(self.words, 0.0)
        for token, logprob in alternatives:
            label = self._label(token)
            if label is not None and math.isfinite(logprob):
                mass[label] += math.exp(min(logprob, 0.0))
        if not any(mass.values()):
            return None
        least = min(lp for _, lp in alternatives if math.isfinite(lp))
        floor = math.exp(min(0.0, max(-50.0, least)))
        raw = {label: math.log(value or floor) for label, value in mass.items()}
        total = math.log(sum(math.exp(value) for value in raw.values()))
        return {label: value - total for label, value in raw.items()}

    def _label(self, token: str) -> str | None:
        start = folded(token)
        if not start or (len(start) < 2 and not self.letters):
            return None
        fits = [
            label
            for label, word in self.words.items()
            if (start == folded(word) if self.letters else folded(word).startswith(start))
        ]
        return fits[0] if len(fits) == 1 else None


def _shared_prefix(labels: Sequence[str]) -> int:
    """Length of a prefix that all labels share, up to its last separator (`news_`)."""
    shared = ""
    for letters in zip(*labels, strict=False):
        if len(set(letters)) > 1:
            break
        shared += letters[0]
    return max(shared.rfind(separator) for separator in "_-/: ") + 1
