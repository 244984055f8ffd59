"""Students that reason, side by side: shares right, figures, answers to the same questions.

Reasoning distillation leaves dasd.json, side_by_side.jsonl and figures/; other methods have none of
them, and nothing of this is shown.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from evokd.runs.files import Unreadable, json_of, lines_of, own
from evokd.runs.run import Run, mapping, number
from evokd.viewer.table import Column, Table

STUDENTS = (
    Column("name", "student"),
    Column("rows", "rows learnt", number=True),
    Column("right", "right", number=True),
    Column("share", "share", number=True),
    Column("interval", "95 % (Wilson)", number=True),
    Column("unread", "unread", number=True),
    Column("cut", "cut", number=True),
    Column("gained", "gained / lost", number=True),
    Column("p", "p (McNemar)", number=True),
)
FIGURES = {
    "accuracy": "Right answers by student, with 95 % intervals.",
    "information": "What the responses would tell the student, before and after the selection.",
}
MOST_BYTES = 2_000_000
MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Student:
    """A line of the table, as text."""

    name: str
    rows: str
    right: str
    share: str
    interval: str
    unread: str
    cut: str
    gained: str
    p: str


@dataclass(frozen=True, slots=True)
class ReasoningResults:
    """What there is to show."""

    students: Table
    against: str
    """Whom the tests are against."""
    notes: list[str]
    figures: list[tuple[Markup, str]]
    """Pictures as data, for a file that asks nothing of the network; their captions."""
    shown: list[dict[str, Any]]
    """Questions with all students' answers."""


def read_reasoning(run: Run, *, figures: bool) -> ReasoningResults | None:
    """What a run has of this; None where it is of another method, or not that far.

    Args:
        run: The run.
        figures: Read the pictures, too.
    """
    try:
        results = json_of(run.path, "dasd.json")
    except Unreadable:
        return None
    arms = {str(name): mapping(arm) for name, arm in mapping(results.get("arms")).items()}
    rows = [_student(name, arm) for name, arm in arms.items()]
    held = [str(mapping(arm.get("against")).get("arm", "")) for arm in arms.values()]
    found = results.get("notes")
    notes = found if isinstance(found, list) else []
    return ReasoningResults(
        students=Table("Students on the same test questions", STUDENTS, rows, len(rows)),
        against=next(filter(None, held), ""),
        notes=[str(note) for note in notes],
        figures=[(_picture(run, n), text) for n, text in FIGURES.items()] if figures else [],
        shown=_side_by_side(run),
    )


def _student(name: str, arm: dict[str, Any]) -> Student:
    lesson, against = mapping(arm.get("lesson")), mapping(arm.get("against"))
    share, low, high = (number(arm.get(key)) for key in ("accuracy", "low", "high"))
    p = number(against.get("p"))
    return Student(
        name=name,
        rows=_whole(lesson.get("rows", 0)),
        right=f"{_whole(arm.get('right'))} of {_whole(arm.get('n'))}",
        share="–" if share is None else f"{share:.1%}",
        interval="–" if low is None or high is None else f"{low:.1%} to {high:.1%}",
        unread=_whole(arm.get("unparsed")),
        cut=_whole(arm.get("truncated")),
        gained=f"{_whole(against.get('gained'))} / {_whole(against.get('lost'))}"
        if against
        else "–",
        p="–" if p is None else f"{p:.3f}",
    )


def _whole(value: Any) -> str:
    found = number(value)
    return "–" if found is None else f"{found:,.0f}"


def _picture(run: Run, name: str) -> Markup:
    """A figure as an image inside the page; nothing where there is none."""
    try:
        file = own(run.path, f"figures/{name}.png")
        data = file.read_bytes() if file.stat().st_size <= MOST_BYTES else b""
    except (Unreadable, OSError):
        return Markup("")
    if not data.startswith(b"\x89PNG"):
        return Markup("")
    code = base64.b64encode(data).decode("ascii")
    image = Markup('<img width="600" alt="{}" src="data:image/png;base64,{}">')
    return image.format(FIGURES[name], code)


def _side_by_side(run: Run) -> list[dict[str, Any]]:
    try:
        lines, _ = lines_of(run.path, "side_by_side.jsonl")
    except Unreadable:
        return []
    return [
        {
            "question": str(line.get("question", "")),
            "gold": str(line.get("gold", "")),
            "answers": [
                {
                    "student": str(name),
                    "right": bool(mapping(one).get("right")),
                    "text": str(mapping(one).get("text", "")),
                }
                for name, one in mapping(line.get("answers")).items()
            ],
        }
        for line in lines[:MOST_SHOWN]
    ]
