"""How hard the rows were for the student, asked for and measured, as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evokd.runs.difficulty import read_difficulty
from evokd.runs.rounds import RoundSummary
from evokd.runs.run import Run
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.table import Column, Table

LEVELS = (
    Column("level", "level asked for", number=True),
    Column("rows", "rows", number=True),
    Column("error", "student's error", number=True),
    Column("margin", "mean margin", number=True),
    Column("loss", "mean loss, nats", number=True),
)


def read_hardness(run: Run, rounds: Sequence[RoundSummary]) -> dict[str, Any] | None:
    """Error on hard and easy rows by round, and levels; None where neither was measured."""
    found = read_difficulty(run)
    curves = [
        ChartLine(name, points)
        for name, key in (("hard rows", "hard_error"), ("easy rows", "easy_error"))
        if (points := _by_round(rounds, key))
    ]
    if not curves and not found.levels:
        return None
    measured = [
        ChartLine("error", tuple((one.level, one.error) for one in found.levels)),
        ChartLine(
            "margin",
            tuple((one.level, one.margin) for one in found.levels if one.margin is not None),
        ),
    ]
    levels = found.levels
    return {
        "hardness": found.hardness,
        "chart": chart("Error before training", "round", curves, whole=True),
        "levels": chart("Error and margin", "level asked for", measured, whole=True)
        if levels
        else "",
        "table": Table("Level asked for, and what the student made of it", LEVELS, levels,
                       len(levels)),
    }  # fmt: skip


def _by_round(rounds: Sequence[RoundSummary], key: str) -> tuple[tuple[float, float], ...]:
    pairs = ((one.number, getattr(one, key)) for one in rounds)
    return tuple((float(at), value) for at, value in pairs if value is not None)
