"""Why a round has no analysis, and the call that says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from evokd.runs.endings import remark_in_words
from evokd.runs.files import Unreadable, reading
from evokd.runs.run import Run, mapping
from evokd.runs.trace import TracedEvent, told

ANALYST = "analyst"


@dataclass(frozen=True, slots=True)
class NoAnalysis:
    """What is said in the analysis's place."""

    why: str
    call: str | None = None
    """The analyst's last call in the round, where it made one."""
    failed: bool = False
    """It was asked and nothing came of it, which nobody wanted."""


def why_none(run: Run, number: int, ever: bool) -> NoAnalysis:
    """Why a round has none, as far as config and trace tell.

    Args:
        run: Its head.
        number: Of the round.
        ever: Whether the analyst was woken in any round, as the books say.
    """
    switched = _switched_off(run)
    if switched:
        return NoAnalysis(switched)
    if not ever:
        return NoAnalysis(f"The method {run.method} has no analyst, or none was at work yet.")
    try:
        with reading(run.path, "events.sqlite") as db:
            found = list(told(db, "round = ? AND node = ?", (number, ANALYST)))
            goes_on = run.status == "running" and not _is_past(db, number)
    except Unreadable:
        return NoAnalysis("Nothing is on file of it: the trace can't be read.")
    return _of_events(found, goes_on)


def _switched_off(run: Run) -> str:
    loop = mapping(run.config.get("loop"))
    feedback = mapping(loop.get("feedback"))
    if mapping(loop.get("switches")).get("analysis") is False or feedback.get("analysis") == "none":
        return "Switched off in the config: the writers see the student's verdicts themselves."
    if feedback.get("analysis") == "rules":
        return (
            "Made by rules, without a call (`loop.feedback.analysis: rules`): the confusions go to"
            " the writers in words."
        )
    return ""


def _is_past(db: sqlite3.Connection, number: int) -> bool:
    """Whether the round has gone on to its texts."""
    query = "SELECT 1 FROM events WHERE type IN ('drafted', 'scored') AND round = ? LIMIT 1"
    return db.execute(query, (number,)).fetchone() is not None


def _of_events(found: Sequence[TracedEvent], goes_on: bool) -> NoAnalysis:
    """From what the analyst left in the trace of the round."""
    kinds = {event.type for event in found}
    calls = [event for event in found if event.type == "called"]
    call = calls[-1].call if calls else None
    if goes_on and "warned" not in kinds:
        return NoAnalysis("The analyst is at work." if found else "The round has just begun.", call)
    if "warned" in kinds:
        return NoAnalysis(_warned(found), call, failed=True)
    if calls:
        return _asked(calls[-1])
    if any(event.type == "budgeted" and event.body.get("reached") for event in found):
        return NoAnalysis("The analyst was passed over: no call of it fitted into the budget.")
    if "node_started" in kinds:
        return NoAnalysis(
            "The analyst was passed over: nothing was left to write in this round, whose texts all"
            " come from the pool or no longer fit into the budget."
        )
    return NoAnalysis("The analyst was not asked in this round.")


def _asked(call: TracedEvent) -> NoAnalysis:
    """The analyst made a call, and no analysis came of it."""
    status, reason = call.text("status"), call.text("error").strip()
    what = {"rejected": "could not be used", "error": "failed", "cancelled": "was given up"}
    how = what.get(status, "led to no analysis")
    return NoAnalysis(
        f"The analyst's call {how}{': ' if reason else '.'}{reason}", call.call, failed=True
    )


def _warned(found: Sequence[TracedEvent]) -> str:
    said = [remark_in_words(event, ended=True) for event in found if event.type == "warned"][-1]
    plain = said.removeprefix("no analysis this round: ")
    if plain != said:
        return f"The analyst was passed over, for its replies could not be used: {plain}"
    return f"The analyst was passed over: {said}"
