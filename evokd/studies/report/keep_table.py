"""The table of what policies would have kept of the same rows, each against random rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evokd.runs.scores import metric_name
from evokd.studies.report.comparisons import Comparison
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.markup import EMPTY, CellText, ReportColumn, ReportTable
from evokd.studies.report.numbers import interval_text, p_text, share, signed
from evokd.studies.report.stats import bootstrap_mean, sign_flip

HEADS = ("method", "kept by", "rows kept", "n", "mean", "Δ to random rows", "95 % interval of Δ",
         "p", "Δ to all rows")  # fmt: skip


def keep_table(comparison: Comparison) -> ReportTable | None:
    """Mean score by method and policy, paired over seeds with as many rows drawn at random."""
    rows = [row for line in comparison.lines for row in _rows(comparison, line)]
    failed = _reasons(comparison)
    if not rows and not failed:
        return None
    return ReportTable(
        f"{comparison.title}: what policies would have kept of the same rows,"
        f" {metric_name(comparison.metric)}",
        tuple(ReportColumn(head, number=head not in HEADS[:2]) for head in HEADS),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "Each is the mean of its refits on the rows that the policy keeps of those that the"
            " cell stored, round by round; random rows are as many in each round, and seeds the"
            " same everywhere. No tokens are spent, and later"
            " rounds are as the cell wrote them: what stands out here is worth a run with"
            " `loop.keep`. p: sign-flip test, two-sided, not corrected.",
            *(f"Not screened: {who}: {reason}." for who, reason in failed),
        ),
    )


def _rows(comparison: Comparison, line: MethodVariant) -> Iterator[tuple[str, ...]]:
    cells = comparison.of(line)
    for name in dict.fromkeys(name for cell in cells for name in cell.keeps or ()):
        told = [(cell, (cell.keeps or {}).get(name, {})) for cell in cells]
        known = [(cell, one) for cell, one in told if one.get("score") is not None]
        if not known:
            continue
        chance = [one["score"] - one["random"] for _, one in known]
        whole = [one["score"] - one["all"] for _, one in known]
        sizes = [100 * one["rows"] / one["of"] for _, one in known]
        control = all(one["settings"]["policy"] == "uniform" for _, one in known)
        yield (
            line.name,
            name,
            f"{_mean(sizes):.0f} %",
            str(len(known)),
            share(_mean([one["score"] for _, one in known])),
            EMPTY if control else signed(_mean(chance)),
            EMPTY if control else interval_text(bootstrap_mean(chance), with_sign=True),
            EMPTY if control else p_text(sign_flip(chance) if len(chance) > 1 else None),
            signed(_mean(whole)),
        )


def _reasons(comparison: Comparison) -> list[tuple[str, str]]:
    """Line, and why policies could not choose among its rows, each once."""
    found = [
        (line.name, str(one["reason"]))
        for line in comparison.lines
        for cell in comparison.of(line)
        for one in (cell.keeps or {}).values()
        if one.get("reason")
    ]
    return list(dict.fromkeys(found))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
