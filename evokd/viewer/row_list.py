"""The list of rows that an address names: a round's texts, the data set, the notes; in its order.

`/row?run=demo&row=r001-h003&list=data&q=lid` leads to the row before and the row after in what
`/data?run=demo&q=lid` shows. Without a `list`, or for a row that is not in it, its round is it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from evokd.runs.cache import FileCache
from evokd.runs.files import Unreadable, reading
from evokd.runs.row_history import RowHistory
from evokd.runs.run import Run
from evokd.store.notes import NAME as NOTES
from evokd.viewer.call_list import Neighbours
from evokd.viewer.query import Query
from evokd.viewer.views import data, notes, round

Listed = Callable[[Run, Query], Sequence[str]]
LISTS: Mapping[str, tuple[str, Listed]] = {
    "round": ("/round", round.listed_rows),
    "data": ("/data", data.listed_rows),
    "notes": ("/notes", notes.listed_rows),
}
"""`list` in an address → the page of the list, and its rows."""
_KEPT = FileCache(4)


def neighbours_of(run: Run, query: Query, row: RowHistory) -> tuple[Neighbours | None, str]:
    """Where a row stands in the list that it was come from, and the name of that list."""
    name = query.one_of("list", LISTS, "")
    if name:
        asked = (run.path, tuple(pair for pair in query.values if pair[0] != "row"))
        files = [run.path / file for file in ("events.sqlite", "synthetic.jsonl", NOTES)]
        listed = _KEPT.get(asked, files, lambda: LISTS[name][1](run, query))
        found = _around(listed, row.id)
        if found is not None:
            return found, name
    return _around(_round_of(run, row), row.id), ""


def _around(names: Sequence[str], name: str) -> Neighbours | None:
    if name not in names:
        return None
    at = names.index(name)
    after = names[at + 1] if at + 1 < len(names) else None
    return Neighbours(at + 1, len(names), names[at - 1] if at else None, after)


def _round_of(run: Run, row: RowHistory) -> list[str]:
    """The rows of its round as they were written; of a seed shot all of those."""
    if row.kind != "seed":
        return [text.row for text in round.texts_of(run, row.round)[0]]
    try:
        with reading(run.path, "events.sqlite") as db:
            query = "SELECT row FROM events WHERE type = 'seeded' ORDER BY seq"
            return list(dict.fromkeys(name for (name,) in db.execute(query) if name))
    except Unreadable:
        return []
