"""/call and /text: an attempt with all that was said, and a long message whole."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass

from starlette.responses import PlainTextResponse, Response

from evokd.runs.calls import Call, read_call
from evokd.runs.files import Unreadable
from evokd.runs.notes import read_notes
from evokd.runs.rows import texts_by_id
from evokd.runs.run import Run
from evokd.runs.search.query import Part, parse
from evokd.runs.search.snippet import Piece, marked, terms_of
from evokd.runs.search.texts import texts_of
from evokd.runs.trace import TracedEvent
from evokd.viewer.call_list import Neighbours, list_of, narrows, neighbours
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, Table
from evokd.viewer.views.compare_calls import against
from evokd.viewer.visible import CUT, cut, visible

MADE = (
    Column("type", "what", sorts=False),
    Column("row", "row", sorts=False),
    Column("body", "said", sorts=False),
)
ATTEMPTS = (
    Column("id", "call", sorts=False),
    Column("attempt", "attempt", number=True, sorts=False),
    Column("status", "status", sorts=False),
    Column("prompt_tokens", "prompt", number=True, sorts=False),
    Column("completion_tokens", "completion", number=True, sorts=False),
    Column("seconds", "latency", number=True, sorts=False),
    Column("received", "received", sorts=False),
)


@dataclass(frozen=True)
class ShownMessage:
    """A message as it is shown."""

    role: str
    pieces: list[Piece]
    """Its text; marked is what was looked for."""
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


def view(site: Site, query: Query, mark: str | None) -> Response:
    """One call; with the mark of who may write, a form for a note on it."""
    run, call = site.run(query.get("run")), _call(site, query)
    noted = read_notes(run.path).remark
    typed = query.get("q")
    messages = [
        shown_message(role, text, str(at), "prompt", typed)
        for at, (role, text) in enumerate(call.messages)
    ]
    reply = call.reply
    return answer(
        "call.html.j2",
        {
            "query": query,
            "run": run,
            "call": call,
            "book": call.book,
            "messages": messages,
            "reply": reply and shown_message("reply", reply, "reply", "reply", typed),
            "error": marked((call.error or "")[:2000], terms_of(parse(typed).terms, "error")),
            "parsed": call.parsed and shown_message("parsed", parsed(call), "parsed"),
            "paths_of": paths_of,
            "against": against(site, run, call, query.all("among")[:8]),
            "around": _around(site, run, query, call),
            "narrowed": narrows(query),
            "made": Table("What came out of the call", MADE, call.made, len(call.made)),
            "attempts": _attempts(run, call),
            "mark": mark,
            "notes": [*run.notes, *call.notes, *([noted] if noted else [])],
        },
    )


def _around(site: Site, run: Run, query: Query, call: Call) -> Neighbours | None:
    """The calls before and after it in the list that it was come from; all calls without one."""
    number = call.book.get("seq")
    if not isinstance(number, int):
        return None
    try:
        return neighbours(run, list_of(site, run, query), number)
    except Unreadable:
        return None  # the page's notes say so


def _attempts(run: Run, call: Call) -> Table:
    """All attempts at the same request, with what came of each where there were several."""
    received: dict[str, str] = {}
    if len(call.attempts) > 1:
        with contextlib.suppress(Unreadable):
            found = texts_of(run, [one["id"] for one in call.attempts])
            received = {name: texts.reply or texts.error for name, texts in found.items()}
    rows = [one | {"received": received.get(one["id"], "")} for one in call.attempts]
    return Table("Attempts at this request", ATTEMPTS, rows, len(rows))


def view_text(site: Site, query: Query) -> Response:
    """A message whole, or the text of a row, as plain text."""
    if name := query.get("row"):
        return PlainTextResponse(visible(_row_text(site.run(query.get("run")), name)))
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


def _row_text(run: Run, name: str) -> str:
    try:
        found = texts_by_id(run, [name])
    except Unreadable:
        found = {}
    if name not in found:
        raise NotThere(f"There is no row “{name}” in “{run.name}”.")
    return found[name]


def parsed(call: Call) -> str:
    """The usable reply, indented where it is JSON."""
    try:
        return json.dumps(json.loads(call.parsed or ""), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return call.parsed or ""


def shown_message(
    role: str, text: str, name: str, part: Part | None = None, typed: str = "", most: int = CUT
) -> ShownMessage:
    """A message, cut after so many characters, with what was typed marked."""
    beginning, left_out = cut(text, most)
    terms = terms_of(parse(typed).terms, part) if part else []
    return ShownMessage(role, marked(beginning, terms), left_out, name)


def _call(site: Site, query: Query) -> Call:
    run, name = site.run(query.get("run")), query.get("call")
    call = read_call(run, name)
    if call is None:
        raise NotThere(f"There is no call “{name}” in “{run.name}”.")
    return call
