"""The analysis of a round, beside the student's verdicts it was made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from evokd.runs.files import Unreadable, json_of, lines_of, reading
from evokd.runs.run import Run, number
from evokd.runs.trace import TracedEvent, told

_PLACES = 500
"""Ids in one query: SQLite limits the question marks."""


@dataclass(frozen=True)
class SeenRow:
    """A row that the analyst saw."""

    row: str
    text: str
    """Empty where no file holds it."""
    label: str
    predicted: str
    margin: float | None
    mark: str
    """right, wrong, uncertain or confident."""
    cited: bool


@dataclass
class RoundAnalysis:
    """What the analyst said of a round; no text where it was passed over or there is none."""

    text: str = ""
    call: str | None = None
    seen: list[SeenRow] = field(default_factory=list)

    @property
    def errors(self) -> list[SeenRow]:
        """What it saw of the student's mistakes and doubts."""
        return [row for row in self.seen if row.mark != "right"]

    @property
    def right(self) -> list[SeenRow]:
        return [row for row in self.seen if row.mark == "right"]


def read_analysis(run: Run, where: int) -> RoundAnalysis:
    """The analysis of a round.

    The rows it saw stand in the round's own file; without it, their ids are in the event and
    their texts in the events of the rounds before.

    Raises:
        Unreadable: there are no events.
    """
    with reading(run.path, "events.sqlite") as db:
        events = list(told(db, "round = ? AND type = 'analysed'", (where,)))
        if not events:
            return RoundAnalysis()
        last = events[-1]
        seen = _from_file(run, where) or _from_events(db, last)
    return RoundAnalysis(last.text("text"), last.call, seen)


def _from_file(run: Run, where: int) -> list[SeenRow]:
    try:
        document = json_of(run.path, f"rounds/{where:03d}/analysis.json")
    except Unreadable:
        return []
    rows, cited = document.get("rows"), document.get("cited")
    named = {str(row) for row in cited} if isinstance(cited, list) else set()
    return (
        [_seen(row, named) for row in rows if isinstance(row, dict)]
        if isinstance(rows, list)
        else []
    )


def _seen(row: dict[str, Any], cited: set[str]) -> SeenRow:
    name = str(row.get("row"))
    return SeenRow(
        row=name,
        text=str(row.get("text") or ""),
        label=str(row.get("label") or ""),
        predicted=str(row.get("predicted") or ""),
        margin=number(row.get("margin")),
        mark=str(row.get("mark") or ""),
        cited=name in cited,
    )


def _from_events(db: Any, event: TracedEvent) -> list[SeenRow]:
    marks = dict.fromkeys(event.names("wrong"), "wrong")
    marks |= dict.fromkeys(event.names("right"), "right")
    texts: dict[str | None, TracedEvent] = {}
    verdicts: dict[str | None, TracedEvent] = {}
    names, cited = list(marks), set(event.names("cited"))
    for start in range(0, len(names), _PLACES):
        part = names[start : start + _PLACES]
        places = ",".join("?" * len(part))
        for one in told(
            db, f"row IN ({places}) AND +type IN ('drafted', 'seeded', 'evaluated')", part
        ):
            (verdicts if one.type == "evaluated" else texts)[one.row] = one
    found = []
    for row, mark in marks.items():
        text, verdict = texts.get(row), verdicts.get(row)
        found.append(
            SeenRow(
                row=row,
                text=text.text("text") if text else "",
                label=verdict.text("label") if verdict else text.text("label") if text else "",
                predicted=verdict.text("predicted") if verdict else "",
                margin=None,
                mark=mark,
                cited=row in cited,
            )
        )
    return found


def read_verdicts(run: Run, where: int) -> list[SeenRow]:
    """What the student said of a round's own rows, or of the seed in round 0 (predictions.jsonl).

    Raises:
        Unreadable: no such file.
    """
    rows, _ = lines_of(run.path, f"rounds/{where:03d}/predictions.jsonl")
    return [_seen(row, set()) for row in rows]
