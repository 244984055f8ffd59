"""Entity spans in a text: the words they are counted in, their canonical string, their BIO2 tags.

A word is a run of letters, digits and their marks; each punctuation mark is a word, and so is each
character of a script without spaces (Chinese, Japanese, Thai …). Data rows and written texts are
split alike, so that a student never meets two ways of splitting. `evokd.tasks.alignment` finds
spans that a model named; `evokd.tasks.entity_scores` counts them.

A label is `[[start,end,"TYPE","surface"],…]` as JSON: characters from `start` up to `end`, in the
order of the text, without overlap. Equal answers are equal strings, and one without an entity is
`[]`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

OUTSIDE = "O"

_SPACELESS = (
    *((0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF)),
    *((0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x30FF), (0x31F0, 0x31FF)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA960, 0xA97F), (0xAA60, 0xAA7F)),
    *((0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x3FFFF)),
)
"""Thai, Lao, Tibetan, Burmese, Khmer, Chinese, kana; code points from, to (inclusive)."""

_WORDLESS = ("Cc", "Cf", "Cs", "Mn", "Mc", "Me")
"""Categories that begin no word: what can't be seen, and marks with nothing to stand on."""


class EntitySpan(NamedTuple):
    """An entity: characters [start, end) of a text, and its type."""

    start: int
    end: int
    type: str


Word = tuple[int, int]
"""Characters [start, end)."""


def words(text: str) -> list[Word]:
    """The words of a text in order; white space and control characters are in none."""
    found: list[Word] = []
    running = False
    for place, character in enumerate(text):
        goes_on = _is_mark(character) or (running and _runs(character))
        if goes_on and found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            running = _begin(found, place, character)
    return found


def cells(text: str, *answers: Iterable[EntitySpan]) -> list[Word]:
    """The words of a text, cut further wherever an entity of these begins or ends inside one."""
    cuts = {edge for spans in answers for span in spans for edge in (span.start, span.end)}
    found: list[Word] = []
    for start, end in words(text):
        edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
        found += pairwise(edges)
    return found


def encode(text: str, spans: Iterable[EntitySpan]) -> str:
    """The canonical string of some entities.

    Raises:
        ValueError: an entity that is empty, outside the text, or overlaps another.
    """
    ordered = sorted(spans)
    end = 0
    for span in ordered:
        if not 0 <= span.start < span.end <= len(text) or not words(text[span.start : span.end]):
            raise ValueError(f"an empty entity, or one outside the text: {span}")
        if span.start < end:
            raise ValueError(f"entities overlap at character {span.start}: {span}")
        end = span.end
    rows = [[s.start, s.end, s.type, text[s.start : s.end]] for s in ordered]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def decode(label: str) -> list[EntitySpan]:
    """The entities of a canonical string.

    Raises:
        ValueError: no such string.
    """
    try:
        return [
            EntitySpan(int(start), int(end), str(name)) for start, end, name, _ in json.loads(label)
        ]
    except (TypeError, ValueError):
        raise ValueError(f"no entities: {label[:80]!r}") from None


def surfaces(label: str) -> list[tuple[str, str]]:
    """Text and type of each entity, in order."""
    return [(str(surface), str(name)) for _, _, name, surface in json.loads(label)]


def to_tags(found: Sequence[Word], spans: Iterable[EntitySpan]) -> list[str]:
    """BIO2 tags of words. A word that an entity touches is part of it: tags can't cut a word.

    Of two entities that touch the same word it belongs to the first.
    """
    tags = [OUTSIDE] * len(found)
    for span in sorted(spans):
        opened = False
        for place, (start, end) in enumerate(found):
            if start < span.end and span.start < end and tags[place] == OUTSIDE:
                tags[place] = f"{'I' if opened else 'B'}-{span.type}"
                opened = True
    return tags


def from_tags(found: Sequence[Word], tags: Sequence[str]) -> list[EntitySpan]:
    """Entities of BIO2 tags; an I- that continues nothing opens an entity, as in conlleval."""
    spans: list[EntitySpan] = []
    before = OUTSIDE
    for (start, end), tag in zip(found, tags, strict=True):
        if tag != OUTSIDE:
            name = tag[2:]
            if tag[0] == "I" and before[2:] == name:
                spans[-1] = EntitySpan(spans[-1].start, end, name)
            else:
                spans.append(EntitySpan(start, end, name))
        before = tag
    return spans


def joined(tokens: Sequence[str], *, spaced: bool) -> tuple[str, list[Word]]:
    """Tokens as one text, and where each of them stands.

    Args:
        tokens: None of them empty.
        spaced: The script puts spaces between words. Without, a space stands only where two tokens
            would else grow into one word (`iPhone`, `15`).
    """
    text, places = "", []
    for token in tokens:
        grown = bool(text) and _runs(text[-1]) and (_runs(token[0]) or _is_mark(token[0]))
        if text and (spaced or grown):
            text += " "
        places.append((len(text), len(text) + len(token)))
        text += token
    return text, places


def is_spaceless(character: str) -> bool:
    """Whether a character is of a script that puts no spaces between words."""
    code = ord(character)
    return code >= _SPACELESS[0][0] and any(low <= code <= high for low, high in _SPACELESS)


def _begin(found: list[Word], place: int, character: str) -> bool:
    """Begin a word, unless the character belongs to none; tell whether letters may follow."""
    if character.isspace() or unicodedata.category(character) in _WORDLESS:
        return False
    found.append((place, place + 1))
    return _runs(character)


def _runs(character: str) -> bool:
    return character.isalnum() and not is_spaceless(character)


def _is_mark(character: str) -> bool:
    return character > "\u02ff" and unicodedata.category(character)[0] == "M"
