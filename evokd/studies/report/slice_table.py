"""The table of the positive control: recall on the slice that was named to the writers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evokd.studies.report.comparisons import Comparison, by_seed, reference, reference_name
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.markup import EMPTY, CellText, ReportColumn, ReportTable
from evokd.studies.report.numbers import interval_text, mean_sd, p_text, signed
from evokd.studies.report.rows import CellResult
from evokd.studies.report.stats import Paired, paired, summarize

Reading = Callable[[CellResult], float | None]

MEASURES: dict[str, tuple[Reading, Reading]] = {
    "the slice": (lambda cell: cell.start_slice_recall, lambda cell: cell.slice_recall),
    "rest of its class": (lambda cell: cell.start_rest_recall, lambda cell: cell.rest_recall),
}
"""What recall is of → it before the first round, and after the last."""


def slice_table(comparison: Comparison) -> ReportTable | None:
    """Recall by arm, paired over seeds with the reference; None where no cell has a slice."""
    rows = [row for line in comparison.lines for row in _rows(comparison, line)]
    if not rows:
        return None
    mine = reference_name(comparison)
    heads = ("method", "recall on", "n", "seed shots alone", "last ± sd", f"Δ to {mine}",
             "95 % interval of Δ", "p")  # fmt: skip
    return ReportTable(
        f"{comparison.title}: recall on the slice that was planted",
        tuple(ReportColumn(head, number=head not in heads[:2]) for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "Test rows of the slice that the seed shots leave out, and the others of its class. Δ:"
            " last minus last, by seed; interval: seeds resampled; p: sign-flip test, two-sided,"
            " not corrected.",
        ),
    )


def _rows(comparison: Comparison, line: MethodVariant) -> list[tuple[str, ...]]:
    cells = comparison.of(line)
    told = []
    for name, (before, after) in MEASURES.items():
        last = by_seed(cells, after)
        if last:
            start = summarize(list(by_seed(cells, before).values()))
            against = _against(comparison, line, last, after)
            figures = (str(len(last)), mean_sd(start), mean_sd(summarize(list(last.values()))))
            told.append((line.name, name, *figures, *_difference(against)))
    return told


def _against(
    comparison: Comparison, line: MethodVariant, last: dict[int, float], read: Reading
) -> Paired | None:
    mine = reference(comparison)
    if mine is None or mine == line:
        return None
    return paired(last, by_seed(comparison.of(mine), read))


def _difference(against: Paired | None) -> Sequence[str]:
    if against is None:
        return (EMPTY,) * 3
    interval = interval_text(against.interval, with_sign=True)
    return signed(against.difference), interval, p_text(against.p)
