"""/row: where a row came from, what was said to make it, what was said and done about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from evokd.runs.classes import words_of
from evokd.runs.files import Unreadable, own
from evokd.runs.lineage import Lineage
from evokd.runs.notes import read_notes
from evokd.runs.picks import read_pick
from evokd.runs.row_file import mark_of, read_row_file
from evokd.runs.row_history import AnalysisReference, Back, Exchange, Forward, RowHistory
from evokd.runs.row_words import fate_in_words, relation, turned_down
from evokd.runs.run import Run
from evokd.store.events import Analysed
from evokd.store.run_dir import RunDir
from evokd.viewer.query import Query
from evokd.viewer.row_list import LISTS, neighbours_of
from evokd.viewer.row_said import purposes_of, said_of
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, Table
from evokd.viewer.visible import cut

MOST = 60
"""Ancestors and answers on the page."""
MOST_MARKS = 60
"""Analyses whose files are asked how they were shown the row; of the others the event says it."""
RELATED = (
    Column("generation", "back", number=True, sorts=False),
    Column("id", "row", sorts=False),
    Column("round", "round", number=True, sorts=False, wide=True),
    Column("kind", "kind", sorts=False, wide=True),
    Column("label", "label", sorts=False),
    Column("text", "text", sorts=False),
    Column("relation", "it was", sorts=False),
    Column("fate", "fate", sorts=False),
    Column("before", "student before", sorts=False),
    Column("after", "student after", sorts=False),
)
CALLS = (
    Column("call", "call", sorts=False),
    Column("purpose", "what it did", sorts=False),
    Column("agent", "agent", sorts=False),
    Column("attempts", "attempts", number=True, sorts=False),
    Column("tokens", "tokens", number=True, sorts=False),
    Column("rows", "rows that share it", number=True, sorts=False),
)
SHARES = (
    Column("label", "label", sorts=False),
    Column("share", "probability", number=True, sorts=False),
)


@dataclass(frozen=True, slots=True)
class RelatedRow:
    """A row that this one answers, or that answers it."""

    row: RowHistory
    relation: str
    """What it was: an error, uncertain, a confident mistake, right; "" where nothing says it."""
    generation: int = 1
    """1: a parent; 2: a parent's parent."""


def view(site: Site, query: Query, mark: str | None) -> Response:
    """The page; with the mark of who may write, a form for a note on the row.

    Raises:
        NotThere: no such run or row.
    """
    run, name = site.run(query.get("run")), query.get("row")
    back, forward, rewrites = _chain(run, name)
    row, words, notes = back.row, words_of(run), read_notes(run.path)
    around, listed = neighbours_of(run, query, row)
    text, left_out = cut(row.text)
    calls = [(one, purposes_of(back).get(one.call, "asked")) for one in back.exchanges]
    file = read_row_file(run, row)
    shares = list(file.distribution.items())
    return answer(
        "row.html.j2",
        {
            "query": query,
            "run": run,
            "row": row,
            "text": text,
            "left_out": left_out,
            "back": back,
            "forward": forward,
            "fate": fate_in_words(row, words),
            "file": file,
            "turned_down": turned_down(row),
            "rewrites": rewrites,
            "said": said_of(back),
            "ancestors": _ancestors(run, back),
            "calls": Table("Calls behind it", CALLS, calls, len(calls), value=_of_call),
            "shares": Table("Probability of each label by the votes", SHARES, shares, len(shares),
                            value=lambda pair, key: pair[key == "share"]),
            "answers": _answers(run, back, forward),
            "seen": [(one, _shown_as(run, row, one, at < MOST_MARKS))
                     for at, one in enumerate(forward.analyses)],
            "picked": read_pick(run, row),
            "around": around,
            "list_page": LISTS[listed][0] if listed else "/round",
            "listed": listed,
            "mark": mark,
            "notes": [*run.notes, *([notes.remark] if notes.remark else [])],
            "stamp": site.stamp(run),
        },
    )  # fmt: skip


def _chain(run: Run, name: str) -> tuple[Back, Forward, list[RowHistory]]:
    """What a row came from, what was done about it, and the rows that it was written instead of.

    Raises:
        NotThere: no such row, or a chain that can't be followed.
    """
    try:
        own(run.path, "events.sqlite")
        with Lineage(RunDir(run.path)) as lineage:
            back, forward = lineage.back(name, MOST), lineage.forward(name, MOST)
            old = [lineage.row(one) for one in back.row.rewrites] if back else []
    except (Unreadable, sqlite3.Error, ValidationError, ValueError) as problem:
        what = "an event of another version" if isinstance(problem, ValueError) else str(problem)
        raise NotThere(f"The chain of “{name}” can't be followed: {what}") from None
    if back is None or forward is None:
        raise NotThere(f"There is no row “{name}” in “{run.name}”.")
    return back, forward, [one for one in old if one is not None]


def _ancestors(run: Run, back: Back) -> Table:
    """Its parents, what these answered, and so on."""
    rows: list[RelatedRow] = []
    children: Iterable[RowHistory] = [back.row]
    for number, generation in enumerate(back.ancestors, 1):
        when = {name: child.round for child in children for name in child.parents}
        for one in generation:
            where = when.get(one.id, 0)
            listed = _listed(back.analysis, one.id) if number == 1 else ""
            said = relation(one, where, mark_of(run, where, one.id), listed)
            if back.row.retrieved is not None and number == 1:
                said = "near to it"
            rows.append(RelatedRow(one, said, number))
        children = generation
    caption = "Rows it answers; 2 generations back: rows that these answered"
    return Table(caption, RELATED, rows, len(rows), value=_of_row)


def _answers(run: Run, back: Back, forward: Forward) -> Table:
    told = {seen.analysis.round: _listed(seen.analysis, back.row.id) for seen in forward.analyses}
    rows = [
        RelatedRow(
            one,
            relation(
                back.row,
                one.round,
                mark_of(run, one.round, back.row.id),
                told.get(one.round, ""),
            ),
        )
        for one in forward.answers
    ]
    columns = (*RELATED[1:6], Column("relation", "this row was", sorts=False), *RELATED[7:])
    return Table("Texts that answer it", columns, rows, len(rows), value=_of_row)


def _shown_as(run: Run, row: RowHistory, seen: AnalysisReference, look: bool) -> str:
    """How an analyst was shown the row, in words."""
    where = seen.analysis.round
    mark = mark_of(run, where, row.id) if look else ""
    shown = relation(row, where, mark, _listed(seen.analysis, row.id))
    parts = [f"shown as {shown}" if shown else "", "cited" if "cited" in seen.how else ""]
    return ", ".join(filter(None, parts))


def _listed(analysis: Analysed | None, row: str) -> str:
    """The list of an analysis that a row stands in; "" for none."""
    if analysis is None:
        return ""
    return "wrong" if row in analysis.wrong else "right" if row in analysis.right else ""


def _of_row(one: RelatedRow, key: str) -> Any:
    if key in ("relation", "generation"):
        return getattr(one, key)
    found = getattr(one.row, key)
    if key == "before":
        return None if found is None else found.predicted
    if key == "after":
        return [{"round": verdict.round, "predicted": verdict.predicted} for verdict in found]
    return found


def _of_call(pair: tuple[Exchange, str], key: str) -> Any:
    one, purpose = pair
    if key == "agent":
        return one.calls[-1].agent if one.calls else None
    if key == "attempts":
        return len(one.calls)
    return purpose if key == "purpose" else getattr(one, key)
