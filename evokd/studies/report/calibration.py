"""How sure the arms' students are: calibration before and after the temperature, by arm."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from evokd.studies.report.comparisons import Comparison
from evokd.studies.report.markup import CellText, ReportColumn, ReportTable
from evokd.studies.report.numbers import share
from evokd.studies.report.rows import CellResult

MEASURES = {"ece": "ECE", "brier": "Brier", "nll": "NLL"}


def calibration_table(grouped: Sequence[Comparison]) -> ReportTable | None:
    """Means over the finished runs that have the numbers; None where no run has."""
    rows = []
    for comparison in grouped:
        for line in comparison.lines:
            cells = [cell for cell in comparison.of(line) if cell.ece is not None]
            if cells:
                numbers = _numbers(cells)
                rows.append((comparison.title, line.name, str(len(cells)), *numbers))
    if not rows:
        return None
    pairs = (head for name in MEASURES.values() for head in (name, f"{name} after"))
    heads = ("family", "method", "runs", *pairs, "with a temperature", "temperature")
    return ReportTable(
        "How sure the students are, on the test rows",
        tuple(ReportColumn(head, number=head not in heads[:2]) for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "Means over the runs' last students. ECE: expected calibration error, 15 bins of equal"
            " count; Brier: summed over the labels, 0 to 2; NLL in nats. After: with the"
            " temperature fitted on dev rows or on accepted rows that were held back; runs without"
            " one stay as they are. A temperature changes no verdict.",
        ),
    )


def _numbers(cells: Sequence[CellResult]) -> list[str]:
    """By measure before and after, then how many runs have a temperature, and its mean."""
    fitted = [cell for cell in cells if cell.temperature is not None]
    said = []
    for name in MEASURES:
        before = [getattr(cell, name) for cell in cells]
        after = [
            getattr(cell, name if cell.temperature is None else f"scaled_{name}") for cell in cells
        ]
        said += [share(mean(before)), share(mean(after) if fitted else None)]
    return [*said, str(len(fitted)), share(mean(cell.temperature for cell in fitted))]


def mean(values: Iterable[float | None]) -> float | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None
