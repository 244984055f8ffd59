"""Search without an index: the calls are read one by one, the newest first, for a while.

For readers whose cache folder can't be written. It says how far it came; what it finds is what the
index would have found among these.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evokd.ledger.listing import numbers_of
from evokd.runs.files import reading
from evokd.runs.run import Run
from evokd.runs.search.query import PARTS, Part, Term
from evokd.runs.search.texts import CallTexts
from evokd.runs.search.words import BREAK, said_words
from evokd.runs.trace import told

_SOME = "SELECT seq FROM events WHERE +type = 'called' AND seq < ? ORDER BY seq DESC LIMIT 200"
SCAN_S = 1.0
"""How long a scan goes on."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found."""

    numbers: array[int]
    """Calls that fit: their numbers in the ledger, in order."""
    looked: int
    """Calls that were looked through."""
    whole: bool
    """Whether these were all."""


def scan(run: Run, terms: Sequence[Term], seconds: float = SCAN_S) -> Scan:
    """Look through the calls of a run, the newest first.

    Raises:
        Unreadable: the run has no trace or no ledger.
    """
    until = time.monotonic() + seconds
    found: list[str] = []
    looked, whole, after = 0, True, 2**62
    with reading(run.path, "events.sqlite") as db:
        while some := [seq for (seq,) in db.execute(_SOME, (after,))]:
            if time.monotonic() >= until:
                whole = False
                break
            after, last = some[-1], some[0]
            for event in told(db, "+type = 'called' AND seq BETWEEN ? AND ?", (after, last)):
                found += [event.call or ""] if fits(terms, CallTexts.of(event)) else []
            looked += len(some)
    with reading(run.path, "ledger.sqlite") as db:
        numbers = numbers_of(db, found)
    return Scan(array("q", sorted(numbers.values())), looked, whole)


def fits(terms: Sequence[Term], texts: CallTexts) -> bool:
    """Whether a call says every term that it should, and none that it should not."""
    said = {part: _padded(texts.part(part)) for part in PARTS}
    return all(_says(said, term) is not term.without for term in terms)


def _padded(texts: Sequence[str]) -> str:
    return f" {BREAK.join(' '.join(said_words(text)) for text in texts)} "


def _says(said: Mapping[Part, str], term: Term) -> bool:
    phrase = f" {' '.join(term.words)}{'' if term.begins else ' '}"
    return any(phrase in said[part] for part in PARTS if term.part in (None, part))
