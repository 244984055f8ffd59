"""The place of a text that a search found, with its words marked.

Pieces are plain text: whoever shows them escapes them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from evokd.runs.search.query import PARTS, Part, Term
from evokd.runs.search.texts import CallTexts
from evokd.runs.search.words import Word, words

WIDTH = 160
"""Characters of a snippet, or a few more."""
LEAD = 30
"""Of these before the first word that was found, at least."""
MOST = 100
"""Places that are looked at for the best one."""


class Piece(NamedTuple):
    """A stretch of a text."""

    text: str
    marked: bool = False


class Snippet(NamedTuple):
    """A place that was found."""

    part: Part
    pieces: tuple[Piece, ...]


class Place(NamedTuple):
    """Where a term stands in a text."""

    start: int
    end: int
    term: int
    """Its position among the terms."""


def snippets(texts: CallTexts, terms: Sequence[Term]) -> list[Snippet]:
    """The best place of each part of a call where a term stands.

    Args:
        texts: What was said in the call.
        terms: Those that are wanted (`SearchQuery.wanted`).
    """
    found = []
    for part in PARTS:
        own = terms_of(terms, part)
        for text in texts.part(part):
            places = list(islice(find(text, own), MOST))
            if places:
                found.append(Snippet(part, _around(text, places)))
                break
    return found


def terms_of(terms: Sequence[Term], part: Part) -> list[Term]:
    """The terms that may stand in a part."""
    return [term for term in terms if not term.without and term.part in (None, part)]


def marked(text: str, terms: Sequence[Term]) -> list[Piece]:
    """The whole text in pieces; joined they are the text."""
    return list(_pieces(text, find(text, terms), 0, len(text)))


def find(text: str, terms: Sequence[Term]) -> Iterator[Place]:
    """Where the terms stand, in the order in which they end."""
    if not terms:
        return
    ends: dict[str, list[tuple[int, Term]]] = {}
    begun: list[tuple[int, Term]] = []
    for number, term in enumerate(terms):
        (begun if term.begins else ends.setdefault(term.words[-1], [])).append((number, term))
    before: deque[Word] = deque(maxlen=max(len(term.words) for term in terms))
    for word in words(text):
        before.append(word)
        fit = [one for one in begun if word.said.startswith(one[1].words[-1])]
        for number, term in (*ends.get(word.said, ()), *fit):
            count = len(term.words)
            if _said(before, count)[:-1] == term.words[:-1]:
                yield Place(before[-count].start, word.end, number)


def _said(before: Sequence[Word], count: int) -> tuple[str, ...]:
    return tuple(word.said for word in islice(before, max(0, len(before) - count), None))


def _around(text: str, places: Sequence[Place]) -> tuple[Piece, ...]:
    """The stretch with most of the terms in it; the first one of equal ones."""
    best, most = places[0], 0
    for at, place in enumerate(places):
        near = _until(places[at:], place.start + WIDTH - LEAD)
        terms = len({one.term for one in near})
        if terms > most:
            best, most = place, terms
    start = _at_blank(text, max(0, best.start - LEAD))
    end = min(len(text), max(best.end, start + WIDTH))
    pieces = [_one_line(piece) for piece in _pieces(text, places, start, end)]
    before = [Piece("…")] if start else []
    after = [Piece("…")] if end < len(text) else []
    return (*before, *pieces, *after)


def _until(places: Sequence[Place], end: int) -> Iterator[Place]:
    return takewhile(lambda one: one.end <= end, places)


def _at_blank(text: str, start: int) -> int:
    """A little to the left, so that no word is cut; where it stands if there is no blank."""
    blank = max(text.rfind(" ", max(0, start - LEAD), start), text.rfind("\n", start - LEAD, start))
    return blank + 1 if start and blank >= 0 else start


def _one_line(piece: Piece) -> Piece:
    text = " ".join(piece.text.split())
    before = " " if text and piece.text[0].isspace() else ""
    after = " " if piece.text[-1].isspace() else ""
    return Piece(f"{before}{text}{after}", piece.marked)


def _pieces(text: str, places: Iterable[Place], start: int, end: int) -> Iterator[Piece]:
    """A stretch of a text, in turns what is marked and what is not."""
    at = start
    for first, last in _merged(places):
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        if at < first:
            yield Piece(text[at:first])
        yield Piece(text[first:last], marked=True)
        at = last
    if at < end:
        yield Piece(text[at:end])


def _merged(places: Iterable[Place]) -> Iterator[tuple[int, int]]:
    """Stretches in order, those that overlap as one."""
    spans: list[tuple[int, int]] = []
    for start, end, _ in sorted(places):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    yield from spans
