"""How sure the student is, for the run's page and the report: a table and two pictures."""

from __future__ import annotations

from typing import Any, NamedTuple

from evokd.runs.calibration import MEASURES, read_calibration
from evokd.runs.run import Run
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.table import Column, Table

EXACT = ChartLine("exact", ((0.0, 0.0), (1.0, 1.0)))
"""Of a student that is right as often as it says."""


class MeasureLine(NamedTuple):
    """A row of the table."""

    name: str
    before: float | None
    after: float | None


def read_sureness(run: Run) -> dict[str, Any] | None:
    """What the templates show; None where nothing is known."""
    found = read_calibration(run)
    if found is None:
        return None
    rows = [
        MeasureLine(name, found.before[key], found.after[key]) for key, name in MEASURES.items()
    ]
    columns = (
        Column("name", "on the test rows"),
        Column("before", "as it is", number=True),
        Column("after", "with the temperature", number=True),
    )
    bins = [ChartLine(name, points) for name, points in found.reliability]
    return {
        "said": found,
        "table": Table("Calibration of the last student; 0 is best", columns, rows, len(rows)),
        "coverage": chart(
            "Accuracy of the surest rows",
            "share of the test rows that is answered",
            [ChartLine("accuracy", found.curve)],
            shares=True,
        ),
        "reliability": chart(
            "Accuracy by confidence", "confidence", [*bins, EXACT] if bins else [], shares=True
        ),
    }
