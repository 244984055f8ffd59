"""Where the arms' rows stand: measures of representation by arm, at the end and along the way."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from evokd.runs.representation import MEASURES
from evokd.studies.report.comparisons import Comparison
from evokd.studies.report.curves import Curve, band
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.markup import CellText, ReportColumn, ReportTable
from evokd.studies.report.numbers import share
from evokd.studies.report.plot_style import line_label, new_figure, style, token_axis
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import CurvePoint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOLD = tuple(name for name in MEASURES if not name.startswith("round_"))
"""Columns of the table."""
DRAWN = (
    *("vendi", "real_precision", "real_coverage"),
    *("separability", "student_test_separability", "test_nearest_max"),
)
"""Panels of the figure."""

MeasureCurves = Mapping[str, Mapping[MethodVariant, Sequence[Curve]]]
"""Measure → line → a curve a run."""


def representation_table(study: StudyResults, grouped: Sequence[Comparison]) -> ReportTable | None:
    """Means over the runs' last measured rounds; None where no run was measured."""
    rounds = _rounds(study)
    rows = []
    for comparison in grouped:
        for line in comparison.lines:
            found = [rounds[c.cell][-1] for c in comparison.of(line) if c.cell in rounds]
            if found:
                values = (share(_mean(found, name)) for name in TOLD)
                rows.append((comparison.title, line.name, str(len(found)), *values))
    if not rows:
        return None
    heads = ("family", "method", "runs", *(MEASURES[name].name for name in TOLD))
    return ReportTable(
        "Where the accepted rows stand",
        tuple(ReportColumn(head, number=head not in heads[:2]) for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "Means over the runs' last rounds, of all accepted rows, by the embeddings of the"
            " untrained base encoder; student: by those of the trained one. Vendi score, precision,"
            " recall, coverage and distinct-n depend on how many rows there are: hold arms against"
            " one another at equal numbers. Nearest test row: reported, and nothing goes by it.",
        ),
    )


def measure_curves(study: StudyResults, comparison: Comparison) -> MeasureCurves:
    """Measures against billed tokens; rounds without one are left out, as are runs without any."""
    rounds = _rounds(study)
    found: dict[str, dict[MethodVariant, list[Curve]]] = {}
    for line in comparison.lines:
        for cell in comparison.of(line):
            for name in DRAWN:
                known = [p for p in rounds.get(cell.cell, ()) if name in p.representation]
                if known and not line.full:
                    tokens = tuple(point.billed_tokens for point in known)
                    scores = tuple(point.representation[name] for point in known)
                    curve = Curve(None, tokens, scores)
                    found.setdefault(name, {}).setdefault(line, []).append(curve)
    return found


def representation_figure(curves: MeasureCurves) -> Figure:
    """A panel a measure, in it a line an arm: the mean over its runs."""
    names = [name for name in DRAWN if name in curves]
    lines = list(dict.fromkeys(line for name in names for line in curves[name]))
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(2.6 * columns + 1.6, 2.2 * rows + 0.5)
    panels = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for axes, name in zip(panels.flat, names, strict=False):
        ends = [curve.end for runs in curves[name].values() for curve in runs]
        for line, runs in curves[name].items():
            found, look = band(runs, max(ends)), style(line, lines)
            axes.step(
                found.grid, found.mean, where="post", color=look.colour, linestyle=look.dashes,
                linewidth=look.width, marker=look.marker, markersize=3.5,
                markevery=max(1, len(found.grid) // 5), markerfacecolor="white",
            )  # fmt: skip
        axes.set_title(MEASURES[name].name, loc="left")
        token_axis(axes.xaxis)
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    handles = []
    for line in lines:
        look = style(line, lines)
        (handle,) = panels.flat[0].plot(
            [], [], color=look.colour, linestyle=look.dashes, linewidth=look.width,
            marker=look.marker, markersize=4, markerfacecolor="white", label=line_label(line),
        )  # fmt: skip
        handles.append(handle)
    figure.legend(handles=handles, loc="outside right upper", frameon=False)
    figure.supxlabel("billed tokens (prompt + completion)", fontsize=9)
    return figure


def _rounds(study: StudyResults) -> dict[str, list[CurvePoint]]:
    """Cell → its measured rounds, in their order."""
    found: dict[str, list[CurvePoint]] = {}
    for point in sorted(study.points, key=lambda point: point.round):
        if point.representation:
            found.setdefault(point.cell, []).append(point)
    return found


def _mean(points: Sequence[CurvePoint], name: str) -> float | None:
    known = [p.representation[name] for p in points if name in p.representation]
    return statistics.fmean(known) if known else None
