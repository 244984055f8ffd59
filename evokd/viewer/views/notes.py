"""/notes: what readers noted of a run's rows and calls; and the address that takes a note.

A note is for people: nothing that trains or spends reads it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.responses import Response

from evokd.config import ConfigError
from evokd.runs.files import Unreadable, reading
from evokd.runs.notes import WANTED, Notes, read_notes
from evokd.runs.rows import texts_by_id
from evokd.runs.run import Run
from evokd.runs.search.texts import texts_of
from evokd.store.notes import KINDS, VERDICTS, Note, append_note
from evokd.viewer.query import Query, address
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, ordered, sorted_page

COLUMNS = (
    Column("id", "row or call"),
    Column("kind", "kind"),
    Column("mark", "note"),
    Column("text", "line"),
    Column("at", "when (UTC)"),
    Column("about", "about", sorts=False),
)
PAGES = {"row": "/row", "call": "/call"}
"""Kind of what is noted → its page."""


def view(site: Site, query: Query, mark: str | None) -> Response:
    """The page; the mark only says whether the visitor may write."""
    run = site.run(query.get("run"))
    notes = read_notes(run.path)
    kept = _kept(notes, query)
    table = sorted_page("Notes", COLUMNS, kept, query, default="-at", value=_of_file(run))
    return answer(
        "notes.html.j2",
        {
            "query": query,
            "run": run,
            "table": table,
            "about": _about(run, table.rows),
            "to_note": {note: _address(query, note) for note in table.rows},
            "counts": notes.counts,
            "wanted": WANTED,
            "kinds": KINDS,
            "writes": mark is not None,
            "all": len(notes.by_id),
            "notes": [*run.notes, *([notes.remark] if notes.remark else [])],
        },
    )


def listed_rows(run: Run, query: Query) -> list[str]:
    """Ids of the rows among the notes that an address asks for, in its order."""
    kept = _kept(read_notes(run.path), query)
    notes, _, _ = ordered(kept, COLUMNS, query, "-at", getattr)
    return [note.id for note in notes if note.kind == "row"]


def take(site: Site, form: Mapping[str, str]) -> str:
    """Write a note down; gives the address of the page that it was written on.

    Raises:
        NotThere: no such run, row or call, or the form says no note.
        ConfigError: the note is too long, another one was written meanwhile, or the file can't be
            written.
    """
    run = site.run(form.get("run", ""))
    kind = next((one for one in KINDS if one == form.get("kind")), None)
    name, said = form.get("id", ""), form.get("verdict", "")
    verdict = next((one for one in VERDICTS if one == said), None)
    if kind is None or (verdict is None and said != "gone"):
        raise NotThere("The form says no note.")
    if not _is_there(run, kind, name):
        raise NotThere(f"There is no {kind} “{name}” in “{run.name}”.")
    last = read_notes(run.path).get(kind, name)
    if (last.at if last else "") != form.get("seen", ""):
        raise ConfigError(
            "Another note was written here meanwhile: load the page again, and see it first."
        )
    text = "" if verdict is None else form.get("text", "")
    append_note(run.path, Note(kind, name, verdict or "", text))
    return _back(form.get("back", ""), run, kind, name)


def _back(given: str, run: Run, kind: str, name: str) -> str:
    """The page of the row or call, in the list that the form names; never another server's."""
    parts = urlsplit(given)
    query = Query.of(PAGES[kind], parse_qsl(parts.query))
    return query.to({"run": run.name, kind: name})


def _is_there(run: Run, kind: str, name: str) -> bool:
    """Whether the run knows a row or a call by that id."""
    try:
        with reading(run.path, "events.sqlite") as db:
            if db.execute(f"SELECT 1 FROM events WHERE {kind} = ? LIMIT 1", (name,)).fetchone():
                return True
    except Unreadable:
        pass
    if kind == "row":
        return False
    try:
        with reading(run.path, "ledger.sqlite") as db:
            return db.execute("SELECT 1 FROM calls WHERE id = ?", (name,)).fetchone() is not None
    except Unreadable:
        return False


def _kept(notes: Notes, query: Query) -> list[Note]:
    wanted, kind = query.one_of("note", WANTED, ""), query.get("kind")
    words = query.get("q").casefold()
    return [
        note
        for note in notes.by_id.values()
        if kind in ("", note.kind)
        and notes.fits(note.kind, note.id, wanted)
        and words in f"{note.id}\n{note.text}".casefold()
    ]


def _address(query: Query, note: Note) -> str:
    run = query.get("run")
    if note.kind == "call":
        pairs = [("run", run), ("note", query.one_of("note", WANTED, "any")), ("call", note.id)]
        return address("/call", pairs)
    return query.to({"row": note.id, "list": "notes", "page": None}, path="/row")


def _about(run: Run, notes: Sequence[Note]) -> dict[Note, str]:
    """How the texts of rows and the replies of calls begin."""
    rows = [note.id for note in notes if note.kind == "row"]
    calls = [note.id for note in notes if note.kind == "call"]
    try:
        texts = texts_by_id(run, rows)
        replies = {name: one.reply or one.error for name, one in texts_of(run, calls).items()}
    except (Unreadable, sqlite3.Error):
        return {}
    return {note: (texts if note.kind == "row" else replies).get(note.id, "") for note in notes}


def _of_file(run: Run) -> Callable[[Note, str], Any]:
    """A note's value in a column."""

    def value(note: Note, key: str) -> Any:
        return _about(run, [note]).get(note, "") if key == "about" else getattr(note, key)

    return value
