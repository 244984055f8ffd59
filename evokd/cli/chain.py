"""The chain of one generated row: from the student errors that provoked it to its fate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from evokd.cli.screen import cell, field, ratio, shortened, show
from evokd.store.events import (
    Analysed,
    Called,
    Drafted,
    Evaluated,
    Event,
    Judged,
    Voted,
    read_events,
)
from evokd.store.run_dir import RunDir, read_lines

LONG = 500
"""Characters of a text, a prompt's or a reply's in the printed chain; JSON holds all of them."""


def chain_of(run: RunDir, row: str) -> list[Event]:
    """The analysis, the calls and the events of a row, in the order they were written."""
    own = list(read_events(run.events, row=row))
    if not own:
        return []
    events = _last_words(own)
    before = list(read_events(run.events, round=own[0].round, type="analysed"))[-1:]
    names = {event.call for event in (*before, *events) if event.call}
    calls = [e for name in names for e in read_events(run.events, call=name, type="called")]
    order = {"analyst": 0, "easy_generator": 1, "hard_generator": 1, "labeler": 2}
    return sorted(
        [*before, *calls, *events],
        key=lambda e: (order.get(e.node, 3), e.at, e.type != "called"),
    )


def _last_words(events: Sequence[Event]) -> list[Event]:
    """One event of each kind, voter and judge: what a resume repeated is said only once."""
    last: dict[tuple[str, Any], Event] = {}
    for event in events:
        last[event.type, getattr(event, "voter", getattr(event, "by", None))] = event
    return list(last.values())


def show_chain(run: RunDir, row: str, events: Sequence[Event]) -> None:
    """Print the chain, step by step."""
    calls = {event.call: event for event in events if isinstance(event, Called)}
    show(cell(f"row {row}", "bold"))
    for event in events:
        if isinstance(event, Drafted):
            _parents(run, event)
    for event in events:
        match event:
            case Drafted():
                _drafted(event, calls)
            case Analysed():
                field("analysis", shortened(event.text, LONG))
            case Voted():
                _voted(event)
            case Judged():
                _judged(event)
            case Evaluated():
                right = "right" if event.predicted == event.label else "wrong"
                field(
                    "student",
                    f"before training on it: {event.predicted}"
                    f" (confidence {ratio(event.confidence)}), {right}",
                )
    field("fate", _fate(run, row, events))


def _parents(run: RunDir, event: Drafted) -> None:
    known = known_rows(run, event.round)
    for parent in event.parents:
        field("answers", _parent(parent, known.get(parent)))


def _drafted(event: Drafted, calls: dict[str | None, Called]) -> None:
    call = calls.get(event.call)
    if call is not None:
        asked = [text for role, text in call.messages if role == "user"]
        field("prompt", shortened(asked[-1] if asked else "", LONG))
        field("reply", shortened(call.reply or "", LONG))
    field("text", f"“{shortened(event.text, LONG)}” ({event.kind}, by {event.node})")
    if event.intended_label is not None:
        field("meant as", event.intended_label)


def _parent(row: str, known: dict[str, Any] | None) -> str:
    if known is None:
        return f"{row} (its text is in no file of the rounds)"
    said = f"the student said {known['predicted']}, the label is {known['label']}"
    if known["mark"] != "wrong":
        margin = ratio(known["margin"])
        said = f"the student was right ({known['predicted']}), by a margin of {margin}"
    return f"{row} “{shortened(known['text'], 200)}”: {said}"


def _voted(event: Voted) -> None:
    said = event.label or f"no label ({shortened(event.reason or 'no reason given', 200)})"
    if event.probabilities:
        ranked = sorted(event.probabilities.items(), key=lambda item: -item[1])
        said += ": " + ", ".join(f"{label} {p:.3f}" for label, p in ranked[:5])
    field("vote", f"labeler {event.voter + 1}: {said}")


def _judged(event: Judged) -> None:
    label = f" as {event.label}" if event.label else ""
    field("verdict", f"{event.by}: {event.action}{label}: {shortened(event.reason, 300)}")


def _fate(run: RunDir, row: str, events: Sequence[Event]) -> str:
    for line in read_lines(run.synthetic):
        if line["row"] == row:
            return f"accepted as {line['label']}, trained on in round {line['round']}"
    judged = [event for event in events if isinstance(event, Judged)]
    if judged and judged[-1].action in ("reject", "retry"):
        return "sent back to its writer" if judged[-1].action == "retry" else "rejected"
    return "open: its round has not been trained on (yet)"


def known_rows(run: RunDir, number: int) -> dict[str, dict[str, Any]]:
    """Rows that the student's feedback of a round showed, with text, label and prediction.

    The analyst's own file names them; where there was no analysis they are rows of the rounds
    before, and for the seed shots of the first round there is no file.
    """
    rounds = run.path / "rounds"
    known: dict[str, dict[str, Any]] = {}
    for earlier in range(1, number):
        for row in read_lines(rounds / f"{earlier:03d}" / "predictions.jsonl"):
            known[row["row"]] = row
    analysis = rounds / f"{number:03d}" / "analysis.json"
    if analysis.is_file():
        document = json.loads(analysis.read_text(encoding="utf-8"))
        known |= {row["row"]: row for row in document["rows"]}
    return known
