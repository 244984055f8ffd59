"""The table of other students on the same rows, each against the cell's own student."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evokd.runs.scores import metric_name
from evokd.studies.report.comparisons import Comparison
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.markup import CellText, ReportColumn, ReportTable
from evokd.studies.report.numbers import interval_text, p_text, share, signed
from evokd.studies.report.stats import bootstrap_mean, sign_flip

Line = tuple[str, str, str, str, str, str, str]


def student_table(comparison: Comparison) -> ReportTable | None:
    """Mean score by method and student, paired over seeds with the cell's own refits."""
    rows = [row for line in comparison.lines for row in _rows(comparison, line)]
    if not rows:
        return None
    heads = ("method", "student", "n", "mean", "Δ to its own student", "95 % interval of Δ", "p")
    return ReportTable(
        f"{comparison.title}: other students on the same rows, {metric_name(comparison.metric)}",
        tuple(ReportColumn(head, number=head not in heads[:2]) for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "Each is the mean of its refits on the rows that the cell stored, from the same seeds"
            " as the cell's own; no tokens are spent. p: sign-flip test, two-sided, not corrected.",
        ),
    )


def _rows(comparison: Comparison, line: MethodVariant) -> Iterator[Line]:
    cells = comparison.of(line)
    for name in dict.fromkeys(name for cell in cells for name in cell.students or ()):
        told = [(cell, (cell.students or {}).get(name, {}).get("score")) for cell in cells]
        known = [(cell, score) for cell, score in told if score is not None]
        own = [s - cell.last_score for cell, s in known if cell.last_score is not None]
        yield (
            line.name,
            name,
            str(len(known)),
            share(_mean([score for _, score in known])),
            signed(_mean(own)),
            interval_text(bootstrap_mean(own), with_sign=True),
            p_text(sign_flip(own) if len(own) > 1 else None),
        )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
