"""Feedback: what of the student's verdicts those who read rows get to see."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from agents.records import Mark, Marked
from evokd.config import LoopConfig
from evokd.tasks.example import Example
from student.results import Prediction

UNCERTAIN = 4
"""Rows of lowest margin that are shown as uncertain when none is wrong."""


def mark(row: Example, prediction: Prediction, kind: str = "") -> Marked:
    """A row is wrong when the student's label differs from the row's."""
    right = prediction.label == row.label
    return Marked(
        row=row.id,
        text=row.text,
        label=row.label,
        predicted=prediction.label,
        margin=prediction.margin,
        mark="right" if right else "wrong",
        kind=kind,
    )


def least_sure(rows: Sequence[Marked]) -> list[Marked]:
    """The rows as they are, unless all are right: then those of lowest margin are uncertain.

    Else an analyst would be shown no weakness at all, and invent one.
    """
    if not all(row.mark == "right" for row in rows):
        return list(rows)
    lowest = {row.row for row in sorted(rows, key=lambda row: row.margin)[:UNCERTAIN]}
    return [replace(row, mark="uncertain") if row.row in lowest else row for row in rows]


def shown(
    rows: Sequence[Marked],
    loop: LoopConfig,
    rng: random.Random,
    most: Mapping[str, int | None] | None = None,
) -> list[Marked]:
    """A random choice within the loop's limits and the pack's, hard and easy rows in turn.

    Without the switch `correct` there are no right rows, without the channel `rows` none at all.
    Confident mistakes (PGKD) are taken out of the wrong rows first, so none is shown twice.

    Args:
        rows: All that were marked, in any order.
        loop: Of the config.
        rng: Of the node.
        most: What the pack shows of each mark at the most; None: no limit of its own.
    """
    if not loop.feedback.rows:
        return []
    surest = sorted((row for row in rows if row.mark == "wrong"), key=lambda row: -row.margin)
    confident = {row.row for row in surest[: loop.feedback.confident]}
    rows = [replace(row, mark="confident") if row.row in confident else row for row in rows]
    limits: dict[Mark, int] = {
        "right": loop.show_right if loop.switches.correct else 0,
        "wrong": loop.show_wrong,
        "confident": loop.feedback.confident,
        "uncertain": loop.show_wrong,
    }
    chosen: list[Marked] = []
    for kind, limit in limits.items():
        own = (most or {}).get(kind)
        group = [row for row in rows if row.mark == kind]
        chosen += _mixed(group, rng)[: limit if own is None else min(limit, own)]
    return chosen


def _mixed(rows: Sequence[Marked], rng: random.Random) -> list[Marked]:
    """In random order, one of each kind of text in turn while there are any."""
    groups: dict[str, list[Marked]] = {}
    for row in rng.sample(rows, len(rows)):
        groups.setdefault(row.kind, []).append(row)
    turns = zip_longest(*(groups[kind] for kind in sorted(groups)))
    return [row for row in chain.from_iterable(turns) if row is not None]
