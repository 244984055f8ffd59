"""The lines of a family's table: means and intervals, and differences to the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evokd.studies.measures.area import FILLED
from evokd.studies.report.comparisons import Comparison, area_of, by_seed, is_flat, reference
from evokd.studies.report.lines import MethodVariant, line_of
from evokd.studies.report.numbers import DIGITS
from evokd.studies.report.rows import CellResult
from evokd.studies.report.stats import Paired, Summary, holm, paired, percent_of, summarize


@dataclass(frozen=True)
class Standing:
    """One line of a family's table; None: not known."""

    line: MethodVariant
    summary: Summary
    accuracy: float | None
    runs: int
    """Finished runs; more than `summary.n` when several share a seed (they are averaged)."""
    failed: int
    flat: int
    """Finished runs that ran out of things to do."""
    best: bool
    against: Paired | None
    """Against the reference."""
    holm_p: float | None
    percent: float | None
    """Of the full-shot score."""
    area: Summary
    best_area: bool
    area_against: Paired | None
    """Against the reference."""
    fit_sd: float | None
    """Sd of one fit on the same rows; mean over runs."""
    filled: float | None
    """Share of the budget that was billed."""
    unfilled: bool
    """Under `FILLED`, though the method had not run out of things to do."""
    label_accuracy: float | None
    judge_accuracy: float | None
    billed: float | None
    accepted: float | None
    kept: float | None
    """None: no policy chose among them."""
    leaked: float | None
    steps: float | None


def standings(comparison: Comparison) -> list[Standing]:
    """A line per method and variant, compared with the reference."""
    scores = {line: by_seed(comparison.of(line)) for line in comparison.lines}
    full = {s: v for line in scores if line.full for s, v in scores[line].items()}
    summaries = {line: summarize(list(values.values())) for line, values in scores.items()}
    areas = {line: by_seed(comparison.of(line), area_of) for line in comparison.lines}
    area_summaries = {line: summarize(list(values.values())) for line, values in areas.items()}
    against, area_against = _against(comparison, scores), _against(comparison, areas)
    tested = [line for line, pair in against.items() if pair.p is not None]
    ps = holm([p for line in tested if (p := against[line].p) is not None])
    corrected = dict(zip(tested, ps, strict=True))
    best, best_area = _best(summaries), _best(area_summaries)
    return [
        _standing(
            comparison,
            line,
            summary=summaries[line],
            best=line in best,
            against=against.get(line),
            holm_p=corrected.get(line),
            percent=None if line.full else percent_of(scores[line], full),
            area=area_summaries[line],
            best_area=line in best_area,
            area_against=area_against.get(line),
        )
        for line in comparison.lines
    ]


def _against(
    comparison: Comparison, scores: dict[MethodVariant, dict[int, float]]
) -> dict[MethodVariant, Paired]:
    mine = reference(comparison)
    if mine is None:
        return {}
    rivals = [line for line in scores if line != mine and not line.full]
    pairs = {line: paired(scores[line], scores[mine]) for line in rivals}
    return {line: pair for line, pair in pairs.items() if pair is not None}


def _best(summaries: dict[MethodVariant, Summary]) -> set[MethodVariant]:
    """All whose mean is written like the highest; nobody where that is everybody.

    Who sees real texts is left out, as the full-shot reference is.
    """
    means = {
        line: f"{summary.mean:.{DIGITS}f}"
        for line, summary in summaries.items()
        if summary.mean is not None and not (line.full or line.real)
    }
    highest = max(means.values(), key=float, default="")
    best = {line for line, mean in means.items() if mean == highest}
    return best if len(best) < len(means) else set()


def _standing(
    comparison: Comparison,
    line: MethodVariant,
    *,
    summary: Summary,
    best: bool,
    against: Paired | None,
    holm_p: float | None,
    percent: float | None,
    area: Summary,
    best_area: bool,
    area_against: Paired | None,
) -> Standing:
    cells = comparison.of(line)
    failed = [c for c in comparison.cells if line_of(c) == line and c.status == "failed"]

    def mean(read: Callable[[CellResult], float | None]) -> float | None:
        values = [value for cell in cells if (value := read(cell)) is not None]
        return sum(values) / len(values) if values else None

    going = [c.filled for c in cells if c.filled is not None and not is_flat(c)]
    return Standing(
        line=line,
        summary=summary,
        accuracy=mean(lambda cell: cell.accuracy),
        runs=len(cells),
        failed=len(failed),
        flat=sum(is_flat(cell) for cell in cells),
        best=best,
        against=against,
        holm_p=holm_p,
        percent=percent,
        area=area,
        best_area=best_area,
        area_against=area_against,
        fit_sd=mean(lambda cell: cell.last_sd),
        filled=None if line.full else mean(lambda cell: cell.filled),
        unfilled=bool(going) and not line.full and sum(going) / len(going) < FILLED,
        label_accuracy=mean(lambda cell: cell.label_accuracy),
        judge_accuracy=mean(lambda cell: cell.judge_accuracy),
        billed=mean(lambda cell: cell.billed_tokens),
        accepted=mean(lambda cell: cell.accepted),
        kept=mean(lambda cell: cell.kept),
        leaked=mean(lambda cell: cell.leaked),
        steps=mean(lambda cell: cell.steps),
    )
