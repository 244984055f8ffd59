"""Tables of what a study is made for: arms over data sets, power, edges' worth, test sample."""

from __future__ import annotations

from collections.abc import Sequence

from evokd.runs.scores import metric_name
from evokd.studies.report.arms import Arm, Tested, arms, spreads
from evokd.studies.report.calibration import calibration_table
from evokd.studies.report.comparisons import Comparison, setting_name
from evokd.studies.report.edge_value import EdgeValue, edge_values
from evokd.studies.report.inference import ALPHA, POWER, detectable
from evokd.studies.report.keep_table import keep_table
from evokd.studies.report.markup import EMPTY, CellText, ReportColumn, ReportTable
from evokd.studies.report.numbers import interval_text, p_text, share, signed, whole
from evokd.studies.report.representation import representation_table
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import TeacherScore
from evokd.studies.report.sampled_rows import RESAMPLES, SampledLine, sampled_lines
from evokd.studies.report.slice_table import slice_table
from evokd.studies.report.stats import MIN_INTERVAL, MIN_TEST
from evokd.studies.report.student_table import student_table

PAIRS = (3, 5, 6, 8, 10, 12, 15, 20, 30, 50)
"""Numbers of pairs in the table of power."""
_EQUAL = 1e-12


def measure_tables(study: StudyResults, grouped: Sequence[Comparison]) -> list[ReportTable]:
    """Those that the files allow."""
    margin = study.study_file.margin
    found = arms(grouped, margin)
    tables = [arms_table(found, margin)] if _worth(found) else []
    tables += [one for comparison in grouped if (one := slice_table(comparison))]
    tables += [power] if _worth(found) and (power := power_table(grouped)) else []
    values = [(comparison.title, edge_values(study, comparison)) for comparison in grouped]
    tables += [edge_table(values)] if any(rows for _, rows in values) else []
    tables += [one for comparison in grouped if (one := student_table(comparison))]
    tables += [one for comparison in grouped if (one := keep_table(comparison))]
    for comparison in grouped:
        lines = sampled_lines(study, comparison)
        tables += [sample_table(comparison, lines)] if lines else []
    tables += [sure] if (sure := calibration_table(grouped)) else []
    tables += [stands] if (stands := representation_table(study, grouped)) else []
    return [*tables, teacher_table(study.references)] if study.references else tables


def _worth(found: Sequence[Arm]) -> bool:
    """Whether some arm can be tested, or has an area to show."""
    return any(_testable(one) for arm in found for one in (arm.area, arm.last))


def _testable(one: Tested | None) -> bool:
    return one is not None and one.against.n >= MIN_INTERVAL


def arms_table(found: Sequence[Arm], margin: float) -> ReportTable:
    """Every arm against the reference over all data sets: area first, then the last score."""
    mine = {arm.reference for arm in found}
    name = mine.pop() if len(mine) == 1 else "the reference"
    heads = ("arm", "data sets", "pairs", "Δ area", "95 % interval of Δ area", "p", "Holm p",
             "differs by the margin: p", "Δ last", "95 % interval of Δ last", "Holm p of Δ last",
             "last differs by the margin: p")  # fmt: skip
    rows = []
    for arm in found:
        known = arm.area or arm.last
        setting = setting_name(arm.line.name, arm.shots, arm.budget)
        sizes = ("", "") if known is None else (known.against.strata, known.against.n)
        rows.append((setting, *map(str, sizes), *_primary(arm.area), *_secondary(arm.last)))
    return ReportTable(
        f"Arms against {name}, over data sets",
        tuple(ReportColumn(head, number=head != "arm") for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "Primary: Δ area, the mean over data sets of the mean paired difference. p: sign-flip"
            " test, two-sided, signs flipped within data sets (exact up to 16 pairs), from"
            f" {MIN_TEST} pairs up; Holm p: corrected over the arms. Secondary: Δ of the last"
            " score, corrected over the arms apart. Intervals: seeds resampled within data sets.",
            f"Equivalence: p of two one-sided t-tests that a difference is {margin:g} or more;"
            f" below {ALPHA:g} the arm is as good as {name} within that margin. A large p of the"
            " sign-flip test alone shows no such thing.",
        ),
    )


def _primary(one: Tested | None) -> tuple[str, ...]:
    if one is None:
        return (EMPTY,) * 5
    against = one.against
    return (
        signed(against.difference),
        interval_text(against.interval, with_sign=True),
        p_text(against.p),
        p_text(one.holm_p),
        p_text(one.equivalence_p),
    )


def _secondary(one: Tested | None) -> tuple[str, ...]:
    difference, interval, _, holm_p, equal = _primary(one)
    return difference, interval, holm_p, equal


def power_table(grouped: Sequence[Comparison]) -> ReportTable | None:
    """What difference so many pairs can find, at the sd that this study saw."""
    area, last = spreads(grouped)
    known = {"area": area, "last score": last}
    shown = {name: s for name, s in known.items() if s is not None and s.sd > _EQUAL}
    if not shown:
        return None
    rows = []
    for n in PAIRS:
        least = (share(detectable(n, spread.sd)) for spread in shown.values())
        rows.append(tuple(map(CellText, (str(n), *least))))
    sds = ", ".join(f"{name} {spread.sd:.3f}" for name, spread in shown.items())
    return ReportTable(
        f"Power: the difference that is found in {100 * POWER:.0f} of 100 studies",
        tuple(ReportColumn(head, number=True) for head in ("pairs", *shown)),
        tuple(rows),
        (
            "Pairs: seeds, times data sets. Two-sided at 0.05, before Holm's correction, by the"
            f" paired t-test at the sd of a paired difference seen here ({sds}; within arm and data"
            f" set). {EMPTY}: the sign-flip test can't give 0.05 with so few pairs.",
        ),
    )


def edge_table(values: Sequence[tuple[str, Sequence[EdgeValue]]]) -> ReportTable:
    """What each switch earns for the tokens on the edges that it adds."""
    heads = ("family", "with", "without", "switch", "edges", "n", "tokens", "Δ area",
             "Δ area for 1,000 tokens", "95 % interval")  # fmt: skip
    numbers = heads[5:]
    rows = [
        (title, one.with_it.name, one.without.name, one.switch, ", ".join(one.edges), str(one.n),
         whole(one.tokens), signed(one.difference), signed(one.value, 4),
         EMPTY if one.interval is None
         else f"{signed(one.interval.low, 4)} to {signed(one.interval.high, 4)}")
        for title, found in values
        for one in found
    ]  # fmt: skip
    return ReportTable(
        "What an edge earns for 1,000 tokens",
        tuple(ReportColumn(head, number=head in numbers) for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "(Area with − area without) / (tokens on the edges that the switch adds / 1,000), both"
            " at the same budget: what those tokens would have bought elsewhere is in the arm"
            " without. Tokens: mean over seeds. Interval: seeds resampled, both runs of a seed"
            f" together, from {MIN_INTERVAL} seeds up.",
        ),
    )


def sample_table(comparison: Comparison, lines: Sequence[SampledLine]) -> ReportTable:
    """The last scores again, with intervals that include the test sample."""
    heads = ("method", "n", "test rows", "mean", "95 % interval", "Δ to the reference",
             "95 % interval of Δ")  # fmt: skip
    rows = [
        (one.line.name, str(one.n), str(one.rows), share(one.mean), interval_text(one.interval),
         signed(one.difference), interval_text(one.difference_interval, with_sign=True))
        for one in lines
    ]  # fmt: skip
    return ReportTable(
        f"{comparison.title}: last {metric_name(comparison.metric)}, the test rows a sample too",
        tuple(ReportColumn(head, number=head != "method") for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            f"{RESAMPLES:,} resamples of seeds and test rows, the same rows for all methods and"
            " seeds: what another test set of this size would leave of a difference.",
        ),
    )


def teacher_table(references: Sequence[TeacherScore]) -> ReportTable:
    """What the teachers score by themselves."""
    heads = ("teacher", "pack", "rows", "metric", "score", "unlabelled", "tokens")
    rows = [
        (one.teacher, one.pack, str(one.rows), metric_name(one.metric), share(one.score),
         whole(one.unlabelled), whole(one.tokens))
        for one in references
    ]  # fmt: skip
    return ReportTable(
        "The teachers themselves, without an example",
        tuple(ReportColumn(head, number=head in heads[2:3] + heads[4:]) for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "The first labeler of a config, asked by its prompt of the pack about train rows that"
            " no cell had as a shot; rows without a usable answer count as wrong. Its tokens are in"
            " books of their own and count for no arm.",
        ),
    )
