"""Where in a text the entities stand that a model named: `[("Jack Ruby", "Peop"), …]` → spans.

Every entity must be found, or the answer is unusable as a whole: a row never gets an entity that is
not in its text. A string counts as found where it stands between word boundaries
(`evokd.tasks.spans.words`), so `Ann` is not found in `Announcement`, nor `art` in `état`; in
scripts without spaces every character is a word. Four ways to compare, the first that finds it:

1. as it is;
2. in NFC (é may be one character or two);
3. in NFKC, with one sort of apostrophes (`’ ‘ ʼ ´` and back-ticks), of double quotes and of
   dashes, without soft hyphens and other invisible characters, any white space as one space;
4. like 3, without white space beside punctuation or in scripts without spaces: `l'hôpital` for
   `l' hôpital`, `(CNN)` for `( CNN )`.

Never: other letters, other case, other words, a plural for a singular.

Which occurrence is meant follows from the order of mention: an entity is looked for after the one
named before it, then from the start, and takes no place that another has taken; so the n-th
mention of a string takes its n-th occurrence. A place inside a longer string that is named, too,
comes last: with `New York` and `New York Times`, the city is looked for outside the newspaper
first.

Entities don't overlap. Of those that must, the longest is kept, of equally long ones the first: a
string that is named more often than it occurs counts as often as it occurs, with the types named
first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from evokd.config.names import is_invisible
from evokd.tasks.spans import EntitySpan, Word, is_spaceless, words

MAX_ENTITIES = 200
"""Of one answer; a longer list is a model that repeats itself."""

_FOLDED = {ord(c): "'" for c in "’‘‛ʼ´`′"}
_FOLDED |= {ord(c): '"' for c in "“”„‟«»″"}
_FOLDED |= {ord(c): "-" for c in "‐‑‒–—−"}


class NotFound(ValueError):
    """Why entities can't be placed in a text, in words."""


def align(text: str, mentions: Sequence[tuple[str, str]]) -> list[EntitySpan]:
    """The entities in the order of the text.

    Args:
        text: What the entities were read from.
        mentions: Surface and type, in the order of mention.

    Raises:
        NotFound: naming the entity that is not in the text, or is empty; too many entities.
    """
    if len(mentions) > MAX_ENTITIES:
        raise NotFound(f"more than {MAX_ENTITIES} entities in one text")
    finder = _Finder(text)
    found = {surface: finder.places(surface) for surface in dict.fromkeys(s for s, _ in mentions)}
    covered = _covered({place for places in found.values() for place in places})
    placed: list[EntitySpan] = []
    cursor = 0
    for surface, name in mentions:
        places = found[surface]
        if not places:
            raise NotFound(f"the entity {surface[:80]!r} is not in the text")
        free = _free(places, placed, len(text))
        if free:
            # False sorts first: outside longer ones, strictly equal, after the one named before
            place = min(free, key=lambda p: (p in covered, places[p], p[0] < cursor, p))
            span: EntitySpan | None = EntitySpan(*place, name)
        else:
            span = _instead(name, places, placed)
        if span is not None:
            placed = [*(other for other in placed if not _overlap(other, span)), span]
            cursor = span.end
    return sorted(placed)


def _free(places: Iterable[Word], placed: Iterable[EntitySpan], length: int) -> list[Word]:
    taken = bytearray(length)
    for span in placed:
        taken[span.start : span.end] = b"\1" * (span.end - span.start)
    return [(start, end) for start, end in places if not any(taken[start:end])]


def _covered(places: Iterable[Word]) -> set[Word]:
    """Those that lie inside another one."""
    reach, covered = -1, set()
    for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
        if end <= reach:
            covered.add((start, end))
        reach = max(reach, end)
    return covered


def _instead(name: str, places: Iterable[Word], placed: Sequence[EntitySpan]) -> EntitySpan | None:
    """A span in the place of shorter ones; None where a longer or an earlier one keeps it."""
    for start, end in sorted(places):
        rivals = [other for other in placed if _overlap((start, end), other)]
        if all(end - start > other.end - other.start for other in rivals):
            return EntitySpan(start, end, name)
    return None


def _overlap(one: Word | EntitySpan, other: Word | EntitySpan) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class _Finder:
    """All places of a string in one text."""

    def __init__(self, text: str) -> None:
        found = words(text)
        self._starts, self._ends = {start for start, _ in found}, {end for _, end in found}
        self._text = text
        self._views: dict[int, tuple[str, list[Word]]] = {}

    def places(self, surface: str) -> dict[Word, int]:
        """Each place, overlapping ones too, and the strictest way that finds it."""
        found: dict[Word, int] = {}
        for level in range(len(WAYS)):
            needle = _view(surface.strip(), level)[0].strip()
            if not needle:
                raise NotFound("an entity is empty")
            if level not in self._views:
                self._views[level] = _view(self._text, level)
            for place in self._occurrences(needle, *self._views[level]):
                found.setdefault(place, level)
        return found

    def _occurrences(self, needle: str, text: str, origins: Sequence[Word]) -> Iterator[Word]:
        at = text.find(needle)
        while at >= 0:
            after = at + len(needle)
            start, end = origins[at][0], origins[after - 1][1]
            # of a character that became several (½, ﬁ) all must be in it, or none
            whole = (at == 0 or origins[at - 1] != origins[at]) and (
                after == len(text) or origins[after - 1] != origins[after]
            )
            if whole and start in self._starts and end in self._ends:
                yield start, end
            at = text.find(needle, at + 1)


WAYS: tuple[tuple[Literal["NFC", "NFKC"] | None, bool, bool], ...] = (
    (None, False, False),
    ("NFC", False, False),
    ("NFKC", True, False),
    ("NFKC", True, True),
)
"""Normal form; whether quotes, dashes and white space are folded; whether white space is dropped
beside what is no letter."""


def _view(text: str, level: int) -> tuple[str, list[Word]]:
    """A text in one way of comparing, and where each of its characters comes from."""
    form, folded, tight = WAYS[level]
    kept: list[tuple[str, Word]] = []
    for start, end in _clusters(text):
        piece = text[start:end]
        if folded:
            piece = "".join(c for c in piece.translate(_FOLDED) if not is_invisible(c))
        if form is not None:
            piece = unicodedata.normalize(form, piece)
        for character in piece:
            if folded and character.isspace():
                if kept and kept[-1][0] == " ":
                    continue
                character = " "
            kept.append((character, (start, end)))
    if tight:
        kept = [
            one
            for place, one in enumerate(kept)
            if one[0] != " "
            or all(_is_letter(other) for other, _ in kept[max(0, place - 1) : place + 2 : 2])
        ]
    return "".join(character for character, _ in kept), [origin for _, origin in kept]


def _clusters(text: str) -> Iterator[Word]:
    """Characters with the marks (and Hangul vowels and finals) that may melt into them."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not _melts(text[place]):
            yield start, place
            start = place


def _melts(character: str) -> bool:
    return character > "\u02ff" and (
        unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"
    )


def _is_letter(character: str) -> bool:
    """Of a script with spaces; marks that stand alone belong to one."""
    if unicodedata.category(character)[0] == "M":
        return True
    return character.isalnum() and not is_spaceless(character)
