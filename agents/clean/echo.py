"""Whether a text says again what its writer was shown."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from evokd.tasks.text import NearDuplicates, normalise
from evokd.tasks.words import pieces

SHARE = 0.6
"""Share of a text's words that may stand in what it is held against."""
SHORT = 60
"""Words of an analysis up to which single words count; any text's words stand in a longer one."""
RUN = 4
"""Words in a row that count in a longer one."""

FEWEST = 8
"""Words of a description from which on it counts: "unhappy with the product" buyers are, too."""
FEW, LISTED = 5, 0.8
"""Different words of a description, and the share of a text that may not be made of them."""
HELD = 0.8
"""Share of a description that a text may not hold."""
LONG = 4
"""Letters of a word that says something: shorter ones stand in any text."""
COMMAS = 2
"""Of a description that lists subjects."""
SUBJECTS, OF_THEM = 3, 0.6
"""Different long words of a description, and the share of a text's that may not be them."""


@functools.lru_cache(maxsize=512)
def known_pieces(text: str) -> tuple[str, ...]:
    """Words of what many texts are held against."""
    return tuple(pieces(text))


def echoes(text: str, source: str, *, loosely: bool) -> bool:
    """Whether most of a text stands in `source`.

    Args:
        text: As it was written.
        source: What its writer was shown.
        loosely: By single words, in whatever order, where `source` is short.
    """
    own, said = pieces(text), known_pieces(source)
    if not own:
        return False
    if loosely and len(said) <= SHORT:
        known = set(said)
        return sum(piece in known for piece in own) > SHARE * len(own)
    return repeats(own, said)


def repeats(own: Sequence[str], said: Sequence[str]) -> bool:
    """Whether most of the words lie in runs that stand in `said` word for word."""
    return _covered(own, said, RUN) > SHARE


def describes(own: Sequence[str], description: str) -> bool:
    """Whether a text is made of a class's description, or holds most of it.

    A list of subjects ("markets, oil prices, jobs") is said in shorter runs, with other small words
    between ("Who is the person, group or organisation you are asking about?"), or word for word
    within a longer text. A description that lists nothing may be what rows truly say.
    """
    said = known_pieces(description)
    if len(said) < FEWEST:
        return False
    known = set(said) & set(own)
    if len(known) >= FEW and sum(piece in known for piece in own) > LISTED * len(own):
        return True
    if repeats(own, said) or _covered(said, own, RUN - 1) > HELD:
        return True
    if len(re.findall("[,，、;]", description)) < COMMAS:
        return False
    subjects, named = _long(own), _long(own) & _long(said)
    if len(named) >= SUBJECTS and len(named) >= OF_THEM * len(subjects):
        return True
    return bool(_lists(own) & _lists(said))


def _long(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word for word in words if len(word) >= LONG)


def _lists(words: Sequence[str]) -> set[frozenset[str]]:
    """The runs of long words that have no small one between them, as a list of subjects has."""
    runs = (words[at : at + RUN] for at in range(len(words) - RUN + 1))
    return {_long(run) for run in runs if all(len(word) >= LONG for word in run)}


def _covered(own: Sequence[str], said: Sequence[str], run: int) -> float:
    """Share of the words that lie in runs of so many that `said` has as well."""
    runs = {tuple(said[at : at + run]) for at in range(len(said) - run + 1)}
    covered: set[int] = set()
    for at in range(len(own) - run + 1):
        if tuple(own[at : at + run]) in runs:
            covered.update(range(at, at + run))
    return len(covered) / len(own) if own else 0.0


def copies(text: str, example: str) -> bool:
    """Whether a text is a shown example, but for case and punctuation.

    A word changed is no copy: "it works" beside "it doesn't work" is what contrast is made of.
    """
    return normalise(text) == normalise(example)


def copies_passage(text: str, passage: str) -> bool:
    """Whether a rewriting is its passage nearly word for word, or a piece cut out of it."""
    bare = normalise(text)
    return bare in normalise(passage) or NearDuplicates([passage]).twin(text) is not None
