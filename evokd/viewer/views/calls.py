"""/calls: the attempts of a run, filtered and searched, with the beginning of what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.responses import Response

from evokd.ledger.attempts import ORDERS
from evokd.ledger.listing import rows_of
from evokd.runs.calls import choices, with_seconds
from evokd.runs.files import Unreadable, reading
from evokd.runs.notes import WANTED
from evokd.runs.run import Run
from evokd.runs.search.query import ANY_FAILED
from evokd.runs.search.snippet import Snippet, snippets
from evokd.runs.search.texts import CallTexts, beginnings, texts_of
from evokd.viewer.call_list import CallList, list_of, live_of, narrows
from evokd.viewer.query import Query
from evokd.viewer.site import Site, answer
from evokd.viewer.table import PER_PAGE, Column, Table, page_of

SAID = (Column("sent", "sent", sorts=False), Column("received", "received", sorts=False))
FOUND = (Column("found", "found", sorts=False),)
BEFORE = (
    Column("seq", "call"),
    Column("round", "round", number=True, wide=True),
    Column("edge", "edge", sorts=False, wide=True),
    Column("status", "status", sorts=False),
)
AFTER = (
    Column("prompt", "prompt", number=True),
    Column("completion", "completion", number=True),
    Column("usd", "USD", number=True, sorts=False),
    Column("seconds", "latency", number=True),
    Column("model", "model", sorts=False),
    Column("slot", "slot", sorts=False),
    Column("attempt", "attempt", number=True, sorts=False),
)
MORE = (
    Column("agent", "agent"),
    Column("source", "from"),
    Column("target", "to"),
    Column("estimated", "estimated"),
    Column("error", "error"),
)
"""In a file alone."""
OF_BOOKS = {"seq": "id", "prompt": "prompt_tokens", "completion": "completion_tokens"}
"""Columns that the ledger calls something else."""


@dataclass(frozen=True, slots=True)
class ListedCall:
    """A line of the table."""

    book: dict[str, Any]
    """Its row in the ledger."""
    address: str
    """Of its page, from where one goes on through the same list."""
    sent: str
    """What was asked last, from where it differs from the others of its template on this page."""
    asked: str
    """The same message whole."""
    received: str
    error: str
    found: list[Snippet]
    """Where the words that are looked for stand."""


def view(site: Site, query: Query) -> Response:
    """The page."""
    run = site.run(query.get("run"))
    listed = list_of(site, run, query)
    notes = [*run.notes, *listed.notes]
    page, pages = page_of(query, len(listed.numbers))
    rows: list[ListedCall] = []
    values: dict[str, list[str]] = {}
    try:
        rows = lines_of(run, listed, (page - 1) * PER_PAGE, query, notes)
        values = site.sums.get(
            (run.path, "choices"), [run.path / "ledger.sqlite"], lambda: choices(run)
        )
    except Unreadable as problem:
        notes += [str(problem)] if str(problem) not in notes else []
    said = FOUND if listed.asked.wanted else SAID
    many = len(listed.numbers)
    fit = f"{many:,} call{' fits' if many == 1 else 's fit'}" if narrows(query) else "Calls"
    stamp, status = live_of(site, run, query, listed.progress)
    table = Table(
        caption=f"{fit}: every attempt is one",
        columns=(*BEFORE, *said, *AFTER),
        rows=rows,
        total=many,
        page=page,
        pages=pages,
        sort=listed.key,
        down=listed.down,
        query=query,
        value=_value,
        every=lambda: _every(run, listed, query),
        more=MORE,
    )
    return answer(
        "calls.html.j2",
        {
            "query": query,
            "run": run,
            "table": table,
            "listed": listed,
            "choices": {**values, "status": [*values.get("status", []), ANY_FAILED]},
            "noted": WANTED,
            "notes": notes,
            "stamp": stamp,
            "status": status,
        },
    )


def _every(run: Run, listed: CallList, query: Query) -> Iterator[ListedCall]:
    """All calls of the list, read a page at a time; texts that can't be read stay empty."""
    for start in range(0, len(listed.numbers), PER_PAGE):
        yield from lines_of(run, listed, start, query, [])


def _value(line: ListedCall, key: str) -> Any:
    """What stands in a column of a file; texts are whole there."""
    if key == "edge":
        return f"{line.book['source']} → {line.book['target']}"
    if key == "sent":
        return line.asked
    if key in ("received", "error"):
        return getattr(line, key)
    if key == "found":
        return ["".join(piece.text for piece in one.pieces) for one in line.found]
    if key == "estimated":
        return bool(line.book.get("estimated"))
    return line.book.get(OF_BOOKS.get(key, key))


def lines_of(
    run: Run, listed: CallList, start: int, query: Query, notes: list[str]
) -> list[ListedCall]:
    """Lines of a page; what can't be read of their texts is told in `notes`.

    Raises:
        Unreadable: there is no ledger.
    """
    with reading(run.path, "ledger.sqlite") as db:
        some = rows_of(db, listed.numbers[start : start + PER_PAGE])
        rows = [with_seconds(row) for row in some]
    texts: dict[str, CallTexts] = {}
    try:
        texts = texts_of(run, [row["id"] for row in rows])
    except Unreadable as problem:
        notes += [str(problem)] if str(problem) not in notes else []
    said = [texts.get(row["id"], CallTexts(row["id"])) for row in rows]
    sent = _sent(rows, said)
    return [
        ListedCall(
            book=row,
            address=query.to({"call": row["id"], "page": None}, path="/call"),
            sent=sent[row["id"]],
            asked=one.asked,
            received=one.reply,
            error=one.error,
            found=snippets(one, listed.asked.wanted),
        )
        for row, one in zip(rows, said, strict=True)
    ]


def _sent(rows: Sequence[dict[str, Any]], said: Sequence[CallTexts]) -> dict[str, str]:
    """Call → what was asked last, from where it differs from the others of its template."""
    last = [(row["template"], one.call, one.asked) for row, one in zip(rows, said, strict=True)]
    found: dict[str, str] = {}
    for _, group in groupby(sorted(last), key=lambda one: one[0]):
        alike = list(group)
        texts = beginnings([text for _, _, text in alike])
        found |= {call: text for (_, call, _), text in zip(alike, texts, strict=True)}
    return found


assert {column.key for column in (*BEFORE, *AFTER) if column.sorts} <= ORDERS.keys()
