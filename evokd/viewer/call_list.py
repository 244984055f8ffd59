"""The list of calls that an address asks for: filters, words, order.

/calls shows a page of it, /call leads to the one before and the one after. The whole list is kept
as numbers of the ledger, so that turning a page costs no second search.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from evokd.ledger.listing import Column, Condition, numbers_of, numbers_where, rows_of
from evokd.runs.files import Unreadable, reading
from evokd.runs.notes import WANTED, read_notes
from evokd.runs.run import Run
from evokd.runs.search.index import Progress, SearchIndex, TooSlow
from evokd.runs.search.index_file import NoIndex
from evokd.runs.search.query import SearchQuery, Term, condition, parse
from evokd.runs.search.scan import scan
from evokd.viewer.query import Query
from evokd.viewer.site import Site
from evokd.viewer.table import Column as Head
from evokd.viewer.table import order_of

FILTERS: tuple[Column, ...] = (
    "round", "source", "target", "agent", "status", "model", "reason",
)  # fmt: skip
"""Names in an address that narrow a list of calls."""
ORDER = (
    Head("seq", "call"),
    Head("round", "round", number=True),
    Head("prompt", "prompt", number=True),
    Head("completion", "completion", number=True),
    Head("seconds", "latency", number=True),
    Head("tokens", "tokens", number=True),
)
"""What it can be sorted by."""
CATCH_UP_S = 0.4
"""So long a page waits for an index; what is left then is read beside it."""


@dataclass
class CallList:
    """Calls in their order."""

    asked: SearchQuery
    key: str
    down: bool
    numbers: array[int] = field(default_factory=lambda: array("q"))
    """Of the ledger."""
    notes: list[str] = field(default_factory=list)
    """What could not be read."""
    progress: Progress | None = None
    """How far the index is; None where nothing was looked for in it."""

    @property
    def is_behind(self) -> bool:
        """Whether more may be found when the index is whole."""
        return self.progress is not None and not self.progress.whole


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a call stands in a list."""

    place: int
    """From 1."""
    total: int
    before: str | None
    after: str | None
    """Ids."""


def list_of(site: Site, run: Run, query: Query, patience_s: float | None = None) -> CallList:
    """The list that an address asks for; what goes wrong stands in its notes.

    An index that is not whole after `patience_s` (None: `CATCH_UP_S`) is made beside the page.
    """
    key, down = order_of(query, ORDER, "seq")
    found = CallList(_asked(query), key, down)
    patience_s = CATCH_UP_S if patience_s is None else patience_s
    try:
        said = _said(site, run, found, patience_s) if found.asked.terms else None
        found.numbers = _in_order(site, run, found, said, _noted(run, query))
    except Unreadable as problem:
        found.notes.append(str(problem))
    return found


def narrows(query: Query) -> bool:
    """Whether an address asks for some calls, not for all."""
    return any(query.get(name) for name in ("q", "note", *FILTERS))


def neighbours(run: Run, found: CallList, number: int) -> Neighbours | None:
    """The calls before and after one of a list; None where it is not in it.

    Raises:
        Unreadable: there is no ledger.
    """
    try:
        at = found.numbers.index(number)
    except ValueError:
        return None
    around = found.numbers[max(0, at - 1) : at + 2]
    with reading(run.path, "ledger.sqlite") as db:
        ids = {row["seq"]: row["id"] for row in rows_of(db, around)}
    before = ids.get(found.numbers[at - 1]) if at else None
    after = ids.get(found.numbers[at + 1]) if at + 1 < len(found.numbers) else None
    return Neighbours(at + 1, len(found.numbers), before, after)


def _asked(query: Query) -> SearchQuery:
    """What was typed, and the filters beside it."""
    typed = parse(query.get("q"))
    conditions, remarks = list(typed.conditions), list(typed.remarks)
    for name in FILTERS:
        value = query.get(name)
        if not value:
            continue
        if name in ("round", "status"):
            one, remark = condition(name, value)
            conditions += [one] if one else []
            remarks += [f"{name}={value} {remark}"] if remark else []
        else:  # picked from a list of whole names
            conditions.append(Condition(name, "is", (value,)))
    return SearchQuery(typed.terms, tuple(dict.fromkeys(conditions)), tuple(remarks))


def _said(site: Site, run: Run, found: CallList, patience_s: float) -> array[int]:
    """Calls that say what is looked for, by the index or, where there can be none, by a scan."""
    terms = found.asked.terms
    index = SearchIndex(run)
    try:
        found.progress = _progress(site, index, patience_s)
        key = (run.path, terms, found.progress.mark)
        return site.lists.get(key, [], lambda: index.find(terms))
    except TooSlow:
        found.notes.append("The search took too long and was given up; a rarer word narrows it.")
        return array("q")
    except NoIndex as problem:
        found.progress = None
        return _scanned(site, run, terms, found, str(problem))


def _progress(site: Site, index: SearchIndex, patience_s: float) -> Progress:
    if site.builder.is_at(index):
        return index.progress()
    progress = index.catch_up(time.monotonic() + patience_s)
    if not progress.whole:
        site.builder.ask(index)
    return progress


def _scanned(site: Site, run: Run, terms: Sequence[Term], found: CallList, why: str) -> array[int]:
    files = [run.path / "events.sqlite", run.path / "ledger.sqlite"]
    seen = site.lists.get((run.path, terms), files, lambda: scan(run, terms))
    looked = "all of them" if seen.whole else f"the last {seen.looked:,} of them"
    found.notes.append(f"{why}. So the calls were read one by one: {looked}.")
    return seen.numbers


def _noted(run: Run, query: Query) -> array[int] | None:
    """Numbers of the calls with a note that is asked for; None where none is."""
    wanted = query.one_of("note", WANTED, "")
    if not wanted:
        return None
    with reading(run.path, "ledger.sqlite") as db:
        return array("q", numbers_of(db, read_notes(run.path).ids("call", wanted)).values())


def _in_order(
    site: Site, run: Run, found: CallList, said: array[int] | None, noted: array[int] | None
) -> array[int]:
    """What fits every condition; where words or notes are asked for, of these calls alone."""
    conditions = found.asked.conditions

    def make() -> array[int]:
        with reading(run.path, "ledger.sqlite") as db:
            fit = numbers_where(db, conditions, found.key, found.down)
        for some in (said, noted):
            if some is not None:
                kept = set(some)
                fit = array("q", (number for number in fit if number in kept))
        return fit

    mark = None if said is None else (found.asked.terms, found.progress, len(said))
    key = (
        run.path,
        conditions,
        found.key,
        found.down,
        mark,
        None if noted is None else tuple(noted),
    )
    return site.lists.get(key, [run.path / "ledger.sqlite"], make)


def live_of(
    site: Site, run: Run, query: Query, progress: Progress | None = None
) -> tuple[str, str]:
    """Stamp and status of a list: it changes while an index is made, of a run that is done, too."""
    stamp, status = site.stamp(run), run.status
    if progress is None and parse(query.get("q")).terms:
        try:
            progress = SearchIndex(run).progress()
        except (NoIndex, Unreadable):
            return stamp, status
    if progress is None:
        return stamp, status
    return f"{stamp}-{progress.read}", status if progress.whole else "running"
