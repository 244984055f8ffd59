"""Where the rows stand, for the page of the data and the report: a table and three pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evokd.runs.representation import MEASURES, RoundRepresentation, read_representation
from evokd.runs.run import Run
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.table import Column, Table

VARIETY = {"vendi": "rows so far", "round_vendi": "the round's own"}
AGAINST = {
    "real_precision": "precision",
    "real_recall": "recall",
    "real_coverage": "coverage",
    "test_nearest_max": "nearest test row",
}
DRIFT = {"drift": "rows, base encoder", "student_test_drift": "test rows, student"}
CLASSES = {
    "separability": "rows, base encoder",
    "student_separability": "rows, student",
    "student_test_separability": "test, student",
}


def read_standing(run: Run) -> dict[str, Any] | None:
    """What the templates show; None where nothing was measured."""
    found = read_representation(run)
    if not found:
        return None
    columns = (
        Column("number", "round", number=True),
        Column("rows", "rows", number=True),
        *(Column(key, one.name, number=True) for key, one in MEASURES.items()),
    )
    return {
        "variety": _chart("Vendi score", found, VARIETY),
        "against": _chart("Likeness to real rows", found, AGAINST),
        "drift": _chart("How far the centroid moved", found, DRIFT),
        "classes": _chart("How far classes stand apart", found, CLASSES),
        "real": found[-1].real,
        "table": Table("Where the accepted rows stand", columns, found, len(found), value=_value),
    }


def _value(one: RoundRepresentation, key: str) -> Any:
    return one.values[key] if key in one.values else getattr(one, key)


def _chart(name: str, found: Sequence[RoundRepresentation], lines: dict[str, str]) -> Any:
    curves = [
        ChartLine(
            said,
            tuple(
                (float(one.number), value)
                for one in found
                if (value := one.values[key]) is not None
            ),
        )
        for key, said in lines.items()
    ]
    whole = all(y >= 0 for curve in curves for _, y in curve.points)
    return chart(name, "round", [curve for curve in curves if curve.points], whole=whole)
