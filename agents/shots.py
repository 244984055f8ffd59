"""Labelled rows as worked examples: what a labeler sees answered before it answers itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agents.task_view import ShownRow, TaskView
from evokd.tasks.example import Example

LONGEST = 240
"""Characters of a shot, or of each of its parts, that are shown: enough to tell its class, and
cheap."""
Demonstrated = Mapping[str, Sequence[Example]]
"""Draft → labelled rows that are shown with it, the nearest last."""


def worked(
    view: TaskView, words: Mapping[str, str], most: int, answer: Callable[[Example], str]
) -> list[ShownRow]:
    """The shortest shots of each class, one of every class first, then the next of every class.

    Args:
        view: The task.
        words: Class → what the labeler answers for it.
        most: Shots a class.
        answer: The class of a shot, in `words`.
    """
    longest = _longest(view)
    by_class: dict[str, list[str]] = {name: [] for name in words}
    rows = view.seeds if view.answered is None else view.answered
    for row in sorted(rows, key=lambda row: len(row.text)):
        by_class[answer(row)].append(row.text)
    return [
        ShownRow(view.task_format.beginning(texts[turn], longest), words[name])
        for turn in range(most)
        for name, texts in by_class.items()
        if turn < len(texts)
    ]


def demonstrated(
    view: TaskView, rows: Sequence[Sequence[Example]], answer: Callable[[Example], str]
) -> list[ShownRow]:
    """Labelled rows that were chosen for the texts of a call, each row once, where it comes last.

    Args:
        view: The task.
        rows: For each text, the nearest last: what stands next to the question counts most.
        answer: What the labeler says of such a row.
    """
    found: dict[str, Example] = {}
    for many in rows:
        for row in many:
            found.pop(row.id, None)
            found[row.id] = row
    longest = _longest(view)
    return [
        ShownRow(view.task_format.beginning(row.text, longest), answer(row))
        for row in found.values()
    ]


def _longest(view: TaskView) -> int:
    return LONGEST if view.longest is None else min(LONGEST, view.longest)
