"""What was said to make a row: each call with its prompt and reply, for the page of the row."""

from __future__ import annotations

from dataclasses import dataclass

from evokd.runs.row_history import Back, Exchange
from evokd.viewer.views.call import ShownMessage, shown_message

CUT = 6_000
"""Characters of a message inside the page of a row; its call has 20,000, and `/text` all."""
MOST = 24
"""Calls whose words are on the page; of more (paths that were not taken) there is the table."""


@dataclass(frozen=True)
class Said:
    """A call, and what it was for."""

    purpose: str
    exchange: Exchange
    messages: list[ShownMessage]
    reply: ShownMessage | None
    failed: list[tuple[str, str]]
    """Id and error of the attempts before it."""
    directive: str | None


def said_of(back: Back) -> list[Said]:
    """The calls behind a row, with their words, in the order of the chain."""
    purposes = purposes_of(back)
    return [_said(one, purposes.get(one.call, "asked")) for one in back.exchanges[:MOST]]


def purposes_of(back: Back) -> dict[str, str]:
    """Call → what it did for the row."""
    row, found = back.row, dict[str, str]()
    for paths in row.decoded:
        found |= dict.fromkeys(paths.asked, "a path to the label")
    if back.analysis is not None and back.analysis.call:
        found[back.analysis.call] = "the analysis before it"
    if row.drafted is not None:
        written = row.drafted.written_by or row.drafted.call
        if row.drafted.written_by and row.drafted.call:
            found[row.drafted.call] = "translated it"
        if written:
            found[written] = "wrote it"
    found |= {vote.call: f"labelled it ({vote.voter + 1})" for vote in row.votes if vote.call}
    found |= {one.call: f"judged it ({one.by})" for one in row.verdicts if one.call}
    return found


def _said(one: Exchange, purpose: str) -> Said:
    used = one.calls[-1]
    messages = [
        shown_message(role, text, str(at), most=CUT)
        for at, (role, text) in enumerate(used.messages)
    ]
    reply = None if used.reply is None else shown_message("reply", used.reply, "reply", most=CUT)
    failed = [(call.call or "", call.error or call.status) for call in one.calls[:-1]]
    return Said(purpose, one, messages, reply, failed, used.directive)
