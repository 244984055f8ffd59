"""The end of a study on one screen: its tables, and where the page and the figures lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evokd.cli.screen import cell, show, table
from evokd.runs.formatting import several
from evokd.runs.scores import metric_name
from evokd.studies.report.comparisons import Comparison, comparisons
from evokd.studies.report.figures import FIGURES
from evokd.studies.report.numbers import interval_text, mean_sd, whole
from evokd.studies.report.report import MARKDOWN, PAGE
from evokd.studies.report.results import read_results
from evokd.studies.report.standings import Standing, standings

MANY = 6
"""Tables on a screen; the page has them all."""


def show_study_summary(folder: Path) -> None:
    """Print the tables of a study whose report has just been written."""
    grouped = [one for one in comparisons(read_results(folder)) if any(map(one.of, one.lines))]
    for comparison in grouped[:MANY]:
        show()
        show(scores_table(comparison))
    if len(grouped) > MANY:
        show(f"and {several(len(grouped) - MANY, 'more table')} on the page")
    drawn = len(list((folder / FIGURES).glob("*.svg")))
    show()
    for name, path in (
        ("page", folder / PAGE),
        ("tables", folder / MARKDOWN),
        ("figures", f"{folder / FIGURES} ({several(drawn, 'figure')}, as SVG and PNG)"),
    ):
        show(f"{name + ':':<8} {path}")


def scores_table(comparison: Comparison) -> Any:
    """A line a method: mean ± sample sd over its seeds, bootstrap interval, seeds, tokens."""
    lines = standings(comparison)
    areas = any(line.area.n for line in lines)
    heads = (">n", ">mean ± sd", ">95 % interval", *([">area ± sd"] if areas else []), ">tokens")
    title = f"{comparison.title}: {metric_name(comparison.metric)} on the test rows"
    made = table("method", *heads, title=title)
    for line in lines:
        made.add_row(cell(line.line.name), *_cells(line, areas))
    return made


def _cells(line: Standing, areas: bool) -> list[Any]:
    area = [cell(mean_sd(line.area), "bold" * line.best_area)] if areas else []
    return [
        str(line.summary.n),
        cell(mean_sd(line.summary), "bold" * line.best),
        interval_text(line.summary.interval),
        *area,
        whole(line.billed),
    ]
