"""Does a method write more rows for the classes that the student is bad at?

EvoKD's paper claims so (TouTiao). Per round and class there are the rows written and the class's
F1 before they were trained on; a method that adapts shows a negative correlation.
"""

from __future__ import annotations

from dataclasses import dataclass

from evokd.studies.report.comparisons import setting_name
from evokd.studies.report.lines import line_of
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import ClassRow
from evokd.studies.report.stats import Correlation, Pooled, correlate, pooled


@dataclass(frozen=True)
class Adaptability:
    """One method (and variant) on one task, shots and budget."""

    setting: str
    """Task, shots and budget."""
    title: str
    runs: tuple[tuple[str, Correlation], ...]
    """Cell → correlation within it."""
    pooled: Pooled
    rows: tuple[ClassRow, ...]
    """The pairs themselves; only those whose F1 is known."""


def adaptabilities(study: StudyResults) -> list[Adaptability]:
    """All of a study, by task, shots, budget and method."""
    groups: dict[tuple[str, int, int, str, str], list[ClassRow]] = {}
    for row in study.classes:
        if row.f1_before is not None:
            key = (row.task, row.shots or 0, row.budget or 0, row.method, row.variant)
            groups.setdefault(key, []).append(row)
    return [_adaptability(rows) for _, rows in sorted(groups.items())]


def _adaptability(rows: list[ClassRow]) -> Adaptability:
    first = rows[0]
    setting = setting_name(first.task, first.shots, first.budget)
    runs: dict[str, tuple[list[float], list[float]]] = {}
    for row in rows:
        before, written = runs.setdefault(row.cell, ([], []))
        before.append(row.f1_before or 0.0)
        written.append(row.rows)
    return Adaptability(
        setting=setting,
        title=f"{setting}: {line_of(first).name}",
        runs=tuple((cell, correlate(*columns)) for cell, columns in runs.items()),
        pooled=pooled(list(runs.values())),
        rows=tuple(rows),
    )
