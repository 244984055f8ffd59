"""/calls, /call and /text: the attempts of a run, one of them, and a long message whole."""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.responses import PlainTextResponse, Response

from evokd.viewer.asked import Asked
from evokd.viewer.calls import FILTERS, ORDERS, Call, choices, list_calls, read_call
from evokd.viewer.files import Unreadable
from evokd.viewer.sheet import PER_PAGE, Column, Sheet, order_of, page_of
from evokd.viewer.shown import cut, visible
from evokd.viewer.site import NotThere, Site, answer

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


def view_list(site: Site, asked: Asked) -> Response:
    """The list."""
    run = site.run(asked.get("run"))
    where = {name: asked.get(name) for name in FILTERS if asked.get(name)}
    key, down = order_of(asked, COLUMNS, "seq")
    notes = list(run.notes)
    try:
        total, rows = list_calls(run, where, key, down, 0, 0)
        page, pages = page_of(asked, total)
        _, rows = list_calls(run, where, key, down, (page - 1) * PER_PAGE, PER_PAGE)
        values = site.sums.get(
            (run.path, "choices"), [run.path / "ledger.sqlite"], lambda: choices(run)
        )
    except Unreadable as problem:
        notes.append(str(problem))
        total, rows, page, pages, values = 0, [], 1, 1, {}
    shown = Sheet(
        "Calls: every attempt is one", COLUMNS, rows, total, page, pages, key, down, asked
    )
    return answer(
        "calls.html.j2",
        {
            "asked": asked,
            "run": run,
            "sheet": shown,
            "choices": values,
            "notes": notes,
            "stamp": site.stamp(run),
        },
    )


@dataclass(frozen=True)
class Message:
    """A message as it is shown."""

    role: str
    text: str
    left_out: int
    """Characters that the page leaves out."""
    part: str
    """Its name in the address of the whole."""


def view(site: Site, asked: Asked) -> Response:
    """One call."""
    run, call = site.run(asked.get("run")), _call(site, asked)
    shown = [_message(role, text, str(at)) for at, (role, text) in enumerate(call.messages)]
    return answer(
        "call.html.j2",
        {
            "asked": asked,
            "run": run,
            "call": call,
            "book": call.book,
            "messages": shown,
            "reply": None if call.reply is None else _message("reply", call.reply, "reply"),
            "parsed": None if call.parsed is None else _message("parsed", parsed(call), "parsed"),
            "notes": [*run.notes, *call.notes],
        },
    )


def view_text(site: Site, asked: Asked) -> Response:
    """A message whole, as plain text."""
    call = _call(site, asked)
    part = asked.get("part")
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


def _message(role: str, text: str, part: str) -> Message:
    beginning, left_out = cut(text)
    return Message(role, beginning, left_out, part)


def _call(site: Site, asked: Asked) -> Call:
    run, name = site.run(asked.get("run")), asked.get("call")
    call = read_call(run, name)
    if call is None:
        raise NotThere(f"There is no call “{name}” in “{run.name}”.")
    return call


assert {column.key for column in COLUMNS if column.sorts} <= ORDERS.keys()
