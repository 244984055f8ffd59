"""/calls, /call and /text: the attempts of a run, one of them, and a long message whole."""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.responses import PlainTextResponse, Response

from evokd.ledger.tables import FILTERS, ORDERS
from evokd.runs.calls import Call, choices, list_calls, read_call
from evokd.runs.files import Unreadable
from evokd.runs.trace import TracedEvent
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import PER_PAGE, Column, Table, order_of, page_of
from evokd.viewer.visible import cut, visible

COLUMNS = (
    Column("seq", "call"),
    Column("round", "round", number=True),
    Column("edge", "edge", sorts=False),
    Column("model", "model", sorts=False),
    Column("slot", "slot", sorts=False),
    Column("attempt", "attempt", number=True, sorts=False),
    Column("status", "status", sorts=False),
    Column("prompt", "prompt", number=True),
    Column("completion", "completion", number=True),
    Column("usd", "USD", number=True, sorts=False),
    Column("seconds", "latency", number=True),
)


def view_list(site: Site, query: Query) -> Response:
    """The list."""
    run = site.run(query.get("run"))
    where = {name: query.get(name) for name in FILTERS if query.get(name)}
    key, down = order_of(query, COLUMNS, "seq")
    notes = list(run.notes)
    try:
        total, rows = list_calls(run, where, key, down, 0, 0)
        page, pages = page_of(query, total)
        _, rows = list_calls(run, where, key, down, (page - 1) * PER_PAGE, PER_PAGE)
        values = site.sums.get(
            (run.path, "choices"), [run.path / "ledger.sqlite"], lambda: choices(run)
        )
    except Unreadable as problem:
        notes.append(str(problem))
        total, rows, page, pages, values = 0, [], 1, 1, {}
    listing = Table(
        "Calls: every attempt is one", COLUMNS, rows, total, page, pages, key, down, query
    )
    return answer(
        "calls.html.j2",
        {
            "query": query,
            "run": run,
            "table": listing,
            "choices": values,
            "notes": notes,
            "stamp": site.stamp(run),
        },
    )


@dataclass(frozen=True)
class ShownMessage:
    """A message as it is shown."""

    role: str
    text: str
    left_out: int
    """Characters that the page leaves out."""
    part: str
    """Its name in the address of the whole."""


@dataclass(frozen=True)
class ShownPath:
    """One of several paths to an answer."""

    call: str
    answer: str
    margin: str
    taken: bool


def paths_of(event: TracedEvent) -> list[ShownPath]:
    """The paths of a `decoded` event, as far as it can be read."""
    margins = event.body.get("margins")
    known = margins if isinstance(margins, list) else []
    found = event.body.get("answers")
    answers = found if isinstance(found, list) else []
    return [
        ShownPath(
            call,
            "no answer" if answer is None else str(answer),
            f"{margin:+.3f}" if isinstance(margin, (int, float)) else "",
            at == event.body.get("chosen"),
        )
        for at, (call, answer, margin) in enumerate(
            zip(event.names("calls"), answers, known, strict=False)
        )
    ]


def view(site: Site, query: Query) -> Response:
    """One call."""
    run, call = site.run(query.get("run")), _call(site, query)
    messages = [_message(role, text, str(at)) for at, (role, text) in enumerate(call.messages)]
    return answer(
        "call.html.j2",
        {
            "query": query,
            "run": run,
            "call": call,
            "book": call.book,
            "messages": messages,
            "reply": None if call.reply is None else _message("reply", call.reply, "reply"),
            "parsed": None if call.parsed is None else _message("parsed", parsed(call), "parsed"),
            "paths_of": paths_of,
            "notes": [*run.notes, *call.notes],
        },
    )


def view_text(site: Site, query: Query) -> Response:
    """A message whole, as plain text."""
    call = _call(site, query)
    part = query.get("part")
    if part == "reply" and call.reply is not None:
        text = call.reply
    elif part == "parsed" and call.parsed is not None:
        text = parsed(call)
    elif part.isdigit() and int(part) < len(call.messages):
        text = call.messages[int(part)][1]
    else:
        raise NotThere("This call has no such message.")
    return PlainTextResponse(visible(text))


def parsed(call: Call) -> str:
    """The usable reply, indented where it is JSON."""
    try:
        return json.dumps(json.loads(call.parsed or ""), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return call.parsed or ""


def _message(role: str, text: str, part: str) -> ShownMessage:
    beginning, left_out = cut(text)
    return ShownMessage(role, beginning, left_out, part)


def _call(site: Site, query: Query) -> Call:
    run, name = site.run(query.get("run")), query.get("call")
    call = read_call(run, name)
    if call is None:
        raise NotThere(f"There is no call “{name}” in “{run.name}”.")
    return call


assert {column.key for column in COLUMNS if column.sorts} <= ORDERS.keys()
