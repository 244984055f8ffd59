"""The tables of a study: a table per family, crossovers, adaptability, failed and flat cells."""

from __future__ import annotations

from collections.abc import Sequence

from evokd.runs.scores import metric_name
from evokd.studies.measures.area import FILLED
from evokd.studies.report.adaptability import Adaptability, adaptabilities
from evokd.studies.report.comparisons import (
    Comparison,
    comparisons,
    crossings,
    is_flat,
    reference,
    reference_name,
)
from evokd.studies.report.curves import Crossing
from evokd.studies.report.forecast_tables import forecast_tables
from evokd.studies.report.lines import WHOLE, MethodVariant, line_of
from evokd.studies.report.markup import EMPTY, CellText, ReportColumn, ReportTable
from evokd.studies.report.measure_tables import measure_tables
from evokd.studies.report.numbers import (
    interval_text,
    mean_sd,
    p_text,
    share,
    signed,
    whole,
    with_interval,
)
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import CellResult
from evokd.studies.report.standings import Standing, standings
from evokd.studies.report.stats import MIN_INTERVAL, MIN_TEST, RESAMPLES

FLAT = "†"


def all_tables(study: StudyResults) -> list[ReportTable]:
    """Every table that the files allow."""
    grouped = comparisons(study)
    tables = [family_table(comparison) for comparison in grouped]
    tables += measure_tables(study, grouped)
    tables += [table for comparison in grouped if (table := crossing_table(study, comparison))]
    tables += forecast_tables(study, grouped)
    tables += [adaptability_table(found)] if (found := adaptabilities(study)) else []
    tables += [failed_table(study.failed)] if study.failed else []
    flat = [cell for cell in study.done if is_flat(cell)]
    return [*tables, flat_table(flat)] if flat else tables


def lead(study: StudyResults) -> list[str]:
    """How much of the study is there."""
    missing = study.missing()
    parts = [f"{len(study.done)} cells done", f"{len(study.failed)} failed"]
    parts.append("the study file does not say how many there should be")
    if missing is not None:
        parts[-1] = f"{missing} not finished yet" if missing else "none missing"
    return [f"{'; '.join(parts)}.", *_provenance(study)]


def _provenance(study: StudyResults) -> list[str]:
    """What is not known, or not one, about what made the cells."""
    notes = []
    unknown = sum(cell.revision is None for cell in study.done)
    if unknown:
        notes.append(
            f"{unknown} of the cells done were made by an unknown revision of method and prompts."
        )
    made: dict[tuple[MethodVariant, str], set[tuple[int | None, str]]] = {}
    for cell in study.done:
        arm = (line_of(cell), cell.task)
        made.setdefault(arm, set()).add((cell.revision, cell.pack_sha))
    mixed = sorted({line.name for (line, _), by in made.items() if len(by) > 1})
    if mixed:
        notes.append(f"Not all cells were made by the same method and prompts: {', '.join(mixed)}.")
    return notes


COLUMNS = (
    ReportColumn("method"),
    ReportColumn("variant"),
    ReportColumn("n", number=True),
    ReportColumn("area ± sd", number=True),
    ReportColumn("Δ area to {}", number=True),
    ReportColumn("95 % interval of Δ area", number=True),
    ReportColumn("mean ± sd", number=True),
    ReportColumn("95 % interval", number=True),
    ReportColumn("accuracy", number=True),
    ReportColumn("Δ to {}", number=True),
    ReportColumn("95 % interval of Δ", number=True),
    ReportColumn("Holm p", number=True),
    ReportColumn("sd of a fit", number=True),
    ReportColumn("billed tokens", number=True),
    ReportColumn("filled", number=True),
    ReportColumn("accepted", number=True),
    ReportColumn("kept", number=True),
    ReportColumn("labels right", number=True),
    ReportColumn("judge", number=True),
    ReportColumn("leaked", number=True),
    ReportColumn("steps", number=True),
    ReportColumn("% of full-shot", number=True),
)
OPTIONAL = (
    *("area ± sd", "Δ area to {}", "95 % interval of Δ area"),
    *("sd of a fit", "filled", "kept", "labels right", "judge"),
)
"""Columns that are left out where no line has anything to say in them."""


def family_table(comparison: Comparison) -> ReportTable:
    """Methods over one another, at equal task, shots and budget."""
    lines = standings(comparison)
    whole_rows = [_cells(line) for line in lines]
    said = {
        column.head
        for row in whole_rows
        for column, cell in zip(COLUMNS, row, strict=True)
        if cell.text != EMPTY
    }
    columns = [
        column
        for column in COLUMNS
        if _wanted(column.head, comparison, lines)
        and (column.head in said or column.head not in OPTIONAL)
    ]
    rows = [
        tuple(cell for column, cell in zip(COLUMNS, row, strict=True) if column in columns)
        for row in whole_rows
    ]
    name = reference_name(comparison)
    columns = [column._replace(head=column.head.format(name)) for column in columns]
    title = f"{comparison.title}: {metric_name(comparison.metric)} on the test rows"
    return ReportTable(title, tuple(columns), tuple(rows), tuple(_notes(comparison, lines)))


def _wanted(head: str, comparison: Comparison, lines: Sequence[Standing]) -> bool:
    if head == "variant":
        return any(line.line.variant not in WHOLE for line in lines)
    return head != "accuracy" or comparison.metric != "accuracy"


def crossing_table(study: StudyResults, comparison: Comparison) -> ReportTable | None:
    """From how many tokens on the reference stays at or above each rival."""
    found = crossings(study, comparison)
    if not found:
        return None
    mine = reference_name(comparison)
    columns = ("rival", "n", f"{mine} stays at or above from", "95 % interval", "never crosses")
    rows = [
        (
            CellText(line.name),
            CellText(str(at.n)),
            CellText("never" if at.at is None else f"{at.at:,}"),
            CellText(crossing_interval(at)),
            CellText(EMPTY if at.never is None else f"{100 * at.never:.1f} %"),
        )
        for line, at in found.items()
    ]
    return ReportTable(
        f"{comparison.title}: crossover, in billed tokens",
        tuple(ReportColumn(head, number=head != "rival") for head in columns),
        tuple(rows),
        (
            f"Crossover: the smallest number of billed tokens from which {mine}'s mean score over"
            " seeds stays at or above the rival's to the end of both curves (0: from the start)."
            f" Interval: {RESAMPLES:,} resamples of the seeds, both curves of a seed together, from"
            f" {MIN_INTERVAL} seeds up; a resample without a crossover counts as later than any"
            " other, and the last column is the share of those.",
        ),
    )


def crossing_interval(at: Crossing) -> str:
    """The interval of a crossover; open above where too many resamples never cross."""
    if at.never is None:
        return EMPTY
    if at.low is None:
        return "never"
    return f"{at.low:,} to {'never' if at.high is None else f'{at.high:,}'}"


def adaptability_table(found: Sequence[Adaptability]) -> ReportTable:
    """Rows written per class against the class's F1 before: per run, and pooled within runs."""
    columns = ("task and method", "run", "n", "Pearson", "Spearman")
    rows: list[tuple[CellText, ...]] = []
    for item in found:
        for cell, one in item.runs:
            values = (str(one.n), signed(one.pearson), signed(one.spearman))
            rows.append(tuple(map(CellText, (item.title, cell, *values))))
        pool = item.pooled
        coefficients = (
            with_interval(pool.pearson, pool.pearson_interval),
            with_interval(pool.spearman, pool.spearman_interval),
        )
        name = f"pooled within {pool.runs} runs"
        rows.append(
            tuple(CellText(t, bold=True) for t in (item.title, name, str(pool.n), *coefficients))
        )
    return ReportTable(
        "Adaptability: rows written for a class against its F1 before",
        tuple(ReportColumn(head, number=head in columns[2:]) for head in columns),
        tuple(rows),
        (
            "n: pairs of round and class. Negative: weak classes received more rows. Pooled: each"
            " run's own means (or ranks) are taken off first; interval over resampled runs, from"
            f" {MIN_INTERVAL} runs up. {EMPTY}: under 3 pairs, or a column that never changes.",
        ),
    )


def failed_table(cells: Sequence[CellResult]) -> ReportTable:
    """Cells that failed, with their reasons."""
    heads = ("cell", "method", "task", "seed", "reason")
    rows = [
        tuple(map(CellText, (c.cell, _name(c), c.task, whole(c.seed), c.reason or "not said")))
        for c in cells
    ]
    return ReportTable("Failed cells", tuple(map(ReportColumn, heads)), tuple(rows))


def flat_table(cells: Sequence[CellResult]) -> ReportTable:
    """Methods that ran out of things to do before the budget was spent."""
    heads = ("method", "task", "shots", "budget", "seeds", "billed tokens")
    groups: dict[tuple[str, ...], list[CellResult]] = {}
    for cell in cells:
        key = (_name(cell), cell.task, whole(cell.shots), whole(cell.budget))
        groups.setdefault(key, []).append(cell)
    rows = [
        tuple(map(CellText, (*key, _seeds(group), _range([c.billed_tokens for c in group]))))
        for key, group in groups.items()
    ]
    columns = tuple(ReportColumn(head, number=head in heads[2:4]) for head in heads)
    return ReportTable("Flat cells: out of things to do before the budget", columns, tuple(rows))


def _seeds(cells: Sequence[CellResult]) -> str:
    return ", ".join(str(seed) for seed in sorted({c.seed for c in cells if c.seed is not None}))


def _range(values: Sequence[int | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return EMPTY
    low, high = min(known), max(known)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _cells(line: Standing) -> list[CellText]:
    against, area_against = line.against, line.area_against
    texts = [
        CellText(line.line.marked + (f" {FLAT}" if line.flat else "")),
        CellText(line.line.variant),
        CellText(str(line.summary.n)),
        CellText(mean_sd(line.area), bold=line.best_area),
        CellText(EMPTY if area_against is None else signed(area_against.difference)),
        CellText(
            EMPTY if area_against is None else interval_text(area_against.interval, with_sign=True)
        ),
        CellText(mean_sd(line.summary), bold=line.best),
        CellText(interval_text(line.summary.interval)),
        CellText(EMPTY if line.accuracy is None else f"{line.accuracy:.3f}"),
        CellText(EMPTY if against is None else signed(against.difference)),
        CellText(EMPTY if against is None else interval_text(against.interval, with_sign=True)),
        CellText(EMPTY if line.holm_p is None else p_text(line.holm_p)),
    ]
    filled = EMPTY if line.filled is None else f"{100 * line.filled:.0f} %"
    percent = EMPTY if line.percent is None else f"{line.percent:.1f}"
    rest = (
        *(share(line.fit_sd), whole(line.billed), filled),
        *(whole(line.accepted), whole(line.kept)),
        *(share(line.label_accuracy), share(line.judge_accuracy)),
        *(whole(line.leaked), whole(line.steps), percent),
    )
    return [*texts, *map(CellText, rest)]


def _notes(comparison: Comparison, lines: Sequence[Standing]) -> list[str]:
    notes = [
        "n: finished seeds. Mean ± sample sd over seeds, in bold the best mean and all that are"
        " written like it. 95 % interval:"
        f" percentile bootstrap of the mean, {RESAMPLES:,} resamples, from {MIN_INTERVAL} seeds up;"
        " with few seeds it is too narrow (5 seeds: about 84 %). Tokens, accepted rows, leaked rows"
        " (removed because they equal a test row) and steps: means over runs."
        f" {EMPTY}: nothing to say."
    ]
    real = [s.line.name for s in lines if s.line.real]
    if real:
        notes.append(
            f"Apart from the others: {'; '.join(real)}. Whoever labels real texts, which the"
            " others haven't got, is never in bold."
        )
    notes += _measures(lines)
    notes += _comparison(comparison, lines)
    flat = [f"{s.line.name} ({s.flat} of {s.runs} runs)" for s in lines if s.flat]
    if flat:
        notes.append(f"{FLAT} ran out of things to do before the budget: {', '.join(flat)}.")
    shared = [s.line.name for s in lines if s.runs > s.summary.n > 0]
    if shared:
        notes.append(f"Runs that share a seed are averaged: {', '.join(shared)}.")
    failed = [f"{s.line.name} ({s.failed})" for s in lines if s.failed]
    return [*notes, f"Failed cells, left out: {', '.join(failed)}."] if failed else notes


def _measures(lines: Sequence[Standing]) -> list[str]:
    """What the columns mean that not every table has; and which budgets were not used up."""
    notes = []
    if any(s.area.n for s in lines):
        notes.append(
            "Area (the primary measure): mean score over 20 to 100 % of the budget; after the last"
            f" round a curve goes on flat. {EMPTY}: a limit other than tokens ended the runs first."
        )
    if any(s.fit_sd is not None for s in lines):
        notes.append(
            "Last scores are means over students trained anew on each run's rows (accuracy is"
            " of the run's own last student); sd of a fit: that of one such student, other things"
            " equal."
        )
    if any(s.judge_accuracy is not None for s in lines):
        notes.append(
            "Labels right: share of accepted rows whose label a student of the full training set"
            " gives, too; judge: that student's own accuracy on the test rows."
        )
    short = [f"{s.line.name} ({100 * (s.filled or 0):.0f} %)" for s in lines if s.unfilled]
    if short:
        notes.append(
            f"Warning: budgets not used up to {100 * FILLED:.0f} %, though there was more to do:"
            f" {'; '.join(short)}. Their scores are those of a smaller budget."
        )
    return notes


def _comparison(comparison: Comparison, lines: Sequence[Standing]) -> list[str]:
    mine = reference(comparison)
    if mine is None:
        wanted = comparison.against
        own = [
            line for line in comparison.lines if (line.method == wanted if wanted else line.leads)
        ]
        why = "several variants of it, none called full" if own else "it is not in this table"
        return [f"No comparison with {reference_name(comparison)}: {why}."]
    tested = [s for s in lines if s.holm_p is not None]
    note = f"Δ: mean difference to {mine.name} on the seeds that both have, with its interval."
    if not tested:
        return [f"{note} No test: fewer than {MIN_TEST} common seeds."]
    fewest = min(s.against.n for s in tested if s.against is not None)
    return [
        f"{note} p: exact paired sign-flip test of Δ, two-sided, Holm-corrected over the"
        f" {len(tested)} comparisons of this table. At {fewest} seeds the smallest p that the test"
        f" can give is {2 / 2**fewest:.4f} before the correction: read Δ and its interval first."
    ]


def _name(cell: CellResult) -> str:
    return line_of(cell).name
