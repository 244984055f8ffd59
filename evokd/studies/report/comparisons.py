"""What is compared with what: a task, shots and a budget make a family; its lines are methods.

A method that does not depend on the budget or on the shots (the full-shot reference, say) has None
there and stands in every family of its task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evokd.studies.report.curves import Crossing, Curve, crossover
from evokd.studies.report.lines import WHOLE, MethodVariant, is_full, line_of, place_of
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import CellResult, CurvePoint
from graph.methods import METHODS


@dataclass(frozen=True)
class Comparison:
    """Cells that may be compared."""

    task: str
    shots: int | None
    budget: int | None
    cells: tuple[CellResult, ...]
    """Finished and failed ones."""
    variants: tuple[str, ...] = ()
    """Names of the study's variants, in its order."""
    unchanged: tuple[str, ...] = ()
    """Those that override nothing."""
    against: str = ""
    """The variant or method that the study asks to hold all others against."""

    @property
    def title(self) -> str:
        """For people."""
        return setting_name(self.task, self.shots, self.budget)

    @property
    def lines(self) -> tuple[MethodVariant, ...]:
        """Methods in the order of the config's list; variants in the study's.

        Those that see real texts stand behind the others, full-shot last.
        """
        found = {line_of(cell) for cell in self.cells}
        return tuple(sorted(found, key=lambda line: _place(line, self.variants)))

    def of(self, line: MethodVariant) -> tuple[CellResult, ...]:
        """Finished cells of a line."""
        return tuple(c for c in self.cells if line_of(c) == line and c.status == "done")

    @property
    def metric(self) -> str:
        """What the scores are; several names when the cells disagree."""
        names = {cell.metric for cell in self.cells if cell.metric and cell.score is not None}
        return " / ".join(sorted(names)) or "macro_f1"


def setting_name(task: str, shots: int | None, budget: int | None) -> str:
    """Task, shots and budget for people; without what nothing depends on."""
    parts = [task]
    if shots is not None:
        parts.append(f"{shots} shot{'' if shots == 1 else 's'}")
    if budget is not None:
        parts.append(f"{budget:,} tokens")
    return ", ".join(parts)


def comparisons(study: StudyResults) -> list[Comparison]:
    """All families of a study, by task, shots and budget."""
    keys = {_key(cell) for cell in study.cells}
    own = {key for key in keys if not any(other != key and _fits(key, other) for other in keys)}
    asked = study.study_file
    return [
        Comparison(
            *key,
            cells=tuple(cell for cell in study.cells if _fits(_key(cell), key)),
            variants=asked.variants,
            unchanged=asked.unchanged,
            against=asked.against,
        )
        for key in sorted(own, key=lambda key: (key[0], _first(key[1]), _first(key[2])))
    ]


def reference(comparison: Comparison) -> MethodVariant | None:
    """The line that the others are held against; None where it can't be told.

    The one that the study names; else EvoKD, unchanged, and without real texts where it has such an
    arm; among students that reason, DASD.
    """
    if asked := comparison.against:
        named = [line for line in comparison.lines if line.variant == asked]
        leading = named or [line for line in comparison.lines if line.method == asked]
    else:
        leading = [line for line in comparison.lines if line.leads]
    own = [line for line in leading if not line.real] or leading
    whole = [line for line in own if line.variant in (comparison.unchanged or WHOLE)]
    return own[0] if len(own) == 1 else whole[0] if len(whole) == 1 else None


def reference_name(comparison: Comparison) -> str:
    """What the reference is called: the variant that was asked for, or the method's title."""
    mine = reference(comparison)
    if mine is None or comparison.against == mine.variant:
        return comparison.against or "EvoKD"
    return mine.title


def by_seed(
    cells: Iterable[CellResult], read: Callable[[CellResult], float | None] | None = None
) -> dict[int, float]:
    """Seed → last score, or what `read` gives; runs that share a seed are averaged."""
    found: dict[int, list[float]] = {}
    for number, cell in enumerate(cells):
        value = score_of(cell) if read is None else read(cell)
        if value is not None:  # without a seed, a run of its own
            found.setdefault(-1 - number if cell.seed is None else cell.seed, []).append(value)
    return {seed: sum(values) / len(values) for seed, values in sorted(found.items())}


def score_of(row: CellResult | CurvePoint) -> float | None:
    """The task's metric, or macro-F1 where the runner wrote only that; of refits their mean."""
    if isinstance(row, CellResult) and row.last_score is not None:
        return row.last_score
    return row.macro_f1 if row.score is None else row.score


def area_of(cell: CellResult) -> float | None:
    """The primary measure: the area under the curve, of refits where each round has them."""
    return cell.area if cell.refit_area is None else cell.refit_area


def teacher_score(study: StudyResults, comparison: Comparison) -> float | None:
    """What the teacher of a family's cells scored by itself; None where it is not one, or unknown.

    Measured by the task's metric on train rows that no cell had.
    """
    names = {cell.reference for cell in comparison.cells if cell.reference}
    known = [one for one in study.references if one.reference in names]
    fits = len(known) == 1 and known[0].metric == comparison.metric
    return known[0].score if fits else None


def is_flat(cell: CellResult) -> bool:
    """Whether it ran out of things to do; the full-shot reference has no budget to miss."""
    return bool(cell.flat) and not is_full(cell.method)


def curves_of(study: StudyResults, comparison: Comparison) -> dict[MethodVariant, dict[int, Curve]]:
    """Line → seed → score against billed tokens; runs without a scored round are left out."""
    rounds: dict[str, list[CurvePoint]] = {}
    for point in study.points:
        if score_of(point) is not None:
            rounds.setdefault(point.cell, []).append(point)
    found: dict[MethodVariant, dict[int, Curve]] = {}
    for line in comparison.lines:
        for number, cell in enumerate(comparison.of(line)):
            closed = sorted(rounds.get(cell.cell, []), key=lambda p: (p.billed_tokens, p.round))
            if closed and not line.full:
                seed = -1 - number if cell.seed is None else cell.seed
                found.setdefault(line, {})[seed] = _curve(cell, closed)
    return found


def crossings(study: StudyResults, comparison: Comparison) -> dict[MethodVariant, Crossing]:
    """Rival → from how many tokens on the reference's mean stays at or above the rival's."""
    curves, mine = curves_of(study, comparison), reference(comparison)
    if mine is None or mine not in curves:
        return {}
    found = {line: crossover(curves[mine], theirs) for line, theirs in curves.items()}
    return {line: at for line, at in found.items() if at is not None and line != mine}


def _curve(cell: CellResult, closed: Sequence[CurvePoint]) -> Curve:
    return Curve(
        start=cell.start_macro_f1 if cell.start_score is None else cell.start_score,
        tokens=tuple(point.billed_tokens for point in closed),
        scores=tuple(score_of(point) or 0.0 for point in closed),
        flat=is_flat(cell),
    )


ComparisonKey = tuple[str, int | None, int | None]


def _key(cell: CellResult) -> ComparisonKey:
    """Task, shots, budget; the full-shot reference depends on neither of the last two."""
    everywhere = is_full(cell.method)
    return (cell.task, None, None) if everywhere else (cell.task, cell.shots, cell.budget)


def _fits(key: ComparisonKey, comparison: ComparisonKey) -> bool:
    """Whether a cell belongs there: None fits everything."""
    return all(a in (None, b) for a, b in zip(key, comparison, strict=True))


def _first(part: int | None) -> int:
    return -1 if part is None else part


def _place(line: MethodVariant, variants: Sequence[str]) -> tuple[int, str, int, bool, str]:
    apart = 2 if line.full else int(line.real)
    place = apart * (len(METHODS) + 1) + place_of(line.method)
    among = variants.index(line.variant) if line.variant in variants else len(variants)
    return place, line.method, among, line.variant not in WHOLE, line.variant
