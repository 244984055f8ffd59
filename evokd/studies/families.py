"""What is compared with what: a task, shots and a budget make a family; its lines are methods.

A method that does not depend on the budget or on the shots (the full-shot reference, say) has None
there and stands in every family of its task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evokd.config import METHODS, REASONING
from evokd.studies.curves import Crossing, Curve, crossover
from evokd.studies.rows import Cell, Point, Study
from evokd.studies.stats import Paired, Summary, holm, paired, percent_of, summarize

FULL_SHOT = "full_shot"
REFERENCE = "evokd"
WHOLE = ("", "full", "default")
"""Names of the variant that nothing was changed in."""
_EQUAL = 1e-12


class Line(NamedTuple):
    """A method in one of its variants."""

    method: str
    variant: str

    @property
    def name(self) -> str:
        """For people: the variant only where there is one."""
        return self.method if self.variant in WHOLE else f"{self.method}, {self.variant}"


@dataclass(frozen=True)
class Family:
    """Cells that may be compared."""

    task: str
    shots: int | None
    budget: int | None
    cells: tuple[Cell, ...]
    """Finished and failed ones."""
    variants: tuple[str, ...] = ()
    """Names of the study's variants, in its order."""
    unchanged: tuple[str, ...] = ()
    """Those that override nothing."""

    @property
    def title(self) -> str:
        """For people."""
        return setting_name(self.task, self.shots, self.budget)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Methods in the order of the config's list, full-shot last; variants in the study's."""
        found = {line_of(cell) for cell in self.cells}
        return tuple(sorted(found, key=lambda line: _place(line, self.variants)))

    def of(self, line: Line) -> tuple[Cell, ...]:
        """Finished cells of a line."""
        return tuple(c for c in self.cells if line_of(c) == line and c.status == "done")

    @property
    def metric(self) -> str:
        """What the scores are; several names when the cells disagree."""
        names = {cell.metric for cell in self.cells if cell.metric and cell.score is not None}
        return " / ".join(sorted(names)) or "macro_f1"


@dataclass(frozen=True)
class Standing:
    """One line of a family's table; None: not known."""

    line: Line
    summary: Summary
    accuracy: float | None
    runs: int
    """Finished runs; more than `summary.n` when several share a seed (they are averaged)."""
    failed: int
    flat: int
    """Finished runs that ran out of things to do."""
    best: bool
    against: Paired | None
    """Against EvoKD."""
    holm_p: float | None
    percent: float | None
    """Of the full-shot score."""
    billed: float | None
    accepted: float | None
    leaked: float | None
    steps: float | None


def setting_name(task: str, shots: int | None, budget: int | None) -> str:
    """Task, shots and budget for people; without what nothing depends on."""
    parts = [task]
    if shots is not None:
        parts.append(f"{shots} shot{'' if shots == 1 else 's'}")
    if budget is not None:
        parts.append(f"{budget:,} tokens")
    return ", ".join(parts)


def families(study: Study) -> list[Family]:
    """All families of a study, by task, shots and budget."""
    keys = {_key(cell) for cell in study.cells}
    own = {key for key in keys if not any(other != key and _fits(key, other) for other in keys)}
    asked = study.asked
    return [
        Family(
            *key,
            cells=tuple(cell for cell in study.cells if _fits(_key(cell), key)),
            variants=asked.variants,
            unchanged=asked.unchanged,
        )
        for key in sorted(own, key=lambda key: (key[0], _first(key[1]), _first(key[2])))
    ]


def reference(family: Family) -> Line | None:
    """The line that the others are held against; None where it can't be told.

    EvoKD, unchanged; among students that reason, DASD.
    """
    own = [line for line in family.lines if line.method == REFERENCE]
    own = own or [line for line in family.lines if line.method == REASONING]
    whole = [line for line in own if line.variant in (family.unchanged or WHOLE)]
    return own[0] if len(own) == 1 else whole[0] if len(whole) == 1 else None


def standings(family: Family) -> list[Standing]:
    """A line per method and variant, compared with the reference."""
    scores = {line: by_seed(family.of(line)) for line in family.lines}
    full = {s: v for line in scores if line.method == FULL_SHOT for s, v in scores[line].items()}
    summaries = {line: summarize(list(values.values())) for line, values in scores.items()}
    against = _against(family, scores)
    tested = [line for line, pair in against.items() if pair.p is not None]
    ps = holm([p for line in tested if (p := against[line].p) is not None])
    corrected = dict(zip(tested, ps, strict=True))
    best = _best(summaries)
    return [
        _standing(
            family,
            line,
            summary=summaries[line],
            best=line in best,
            against=against.get(line),
            holm_p=corrected.get(line),
            percent=None if line.method == FULL_SHOT else percent_of(scores[line], full),
        )
        for line in family.lines
    ]


def by_seed(cells: Iterable[Cell]) -> dict[int, float]:
    """Seed → score; runs that share a seed are averaged."""
    found: dict[int, list[float]] = {}
    for number, cell in enumerate(cells):
        value = score_of(cell)
        if value is not None:  # without a seed, a run of its own
            found.setdefault(-1 - number if cell.seed is None else cell.seed, []).append(value)
    return {seed: sum(values) / len(values) for seed, values in sorted(found.items())}


def score_of(row: Cell | Point) -> float | None:
    """The task's metric, or macro-F1 where the runner wrote only that."""
    return row.macro_f1 if row.score is None else row.score


def is_flat(cell: Cell) -> bool:
    """Whether it ran out of things to do; the full-shot reference has no budget to miss."""
    return bool(cell.flat) and cell.method != FULL_SHOT


def metric_name(metric: str) -> str:
    """A score's name for people."""
    return metric.replace("macro_f1", "macro-F1").replace("f1", "F1")


def line_of(row: Cell | Point) -> Line:
    """A row's method and variant."""
    return Line(row.method, row.variant)


def curves_of(study: Study, family: Family) -> dict[Line, dict[int, Curve]]:
    """Line → seed → score against billed tokens; runs without a scored round are left out."""
    rounds: dict[str, list[Point]] = {}
    for point in study.points:
        if score_of(point) is not None:
            rounds.setdefault(point.cell, []).append(point)
    found: dict[Line, dict[int, Curve]] = {}
    for line in family.lines:
        for number, cell in enumerate(family.of(line)):
            closed = sorted(rounds.get(cell.cell, []), key=lambda p: (p.billed_tokens, p.round))
            if closed and line.method != FULL_SHOT:
                seed = -1 - number if cell.seed is None else cell.seed
                found.setdefault(line, {})[seed] = _curve(cell, closed)
    return found


def crossings(study: Study, family: Family) -> dict[Line, Crossing]:
    """Rival → from how many tokens on EvoKD's mean stays at or above the rival's."""
    curves, mine = curves_of(study, family), reference(family)
    if mine is None or mine.method != REFERENCE or mine not in curves:
        return {}
    found = {line: crossover(curves[mine], theirs) for line, theirs in curves.items()}
    return {line: at for line, at in found.items() if at is not None and line != mine}


def _curve(cell: Cell, closed: Sequence[Point]) -> Curve:
    return Curve(
        start=cell.start_macro_f1 if cell.start_score is None else cell.start_score,
        tokens=tuple(point.billed_tokens for point in closed),
        scores=tuple(score_of(point) or 0.0 for point in closed),
        flat=is_flat(cell),
    )


Key = tuple[str, int | None, int | None]


def _key(cell: Cell) -> Key:
    """Task, shots, budget; the full-shot reference depends on neither of the last two."""
    everywhere = cell.method == FULL_SHOT
    return (cell.task, None, None) if everywhere else (cell.task, cell.shots, cell.budget)


def _fits(key: Key, family: Key) -> bool:
    """Whether a cell belongs there: None fits everything."""
    return all(a in (None, b) for a, b in zip(key, family, strict=True))


def _first(part: int | None) -> int:
    return -1 if part is None else part


def _place(line: Line, variants: Sequence[str]) -> tuple[int, str, int, bool, str]:
    known = line.method in METHODS
    place = METHODS.index(line.method) if known else len(METHODS)
    if line.method == FULL_SHOT:
        place = len(METHODS) + 1
    among = variants.index(line.variant) if line.variant in variants else len(variants)
    return place, line.method, among, line.variant not in WHOLE, line.variant


def _against(family: Family, scores: dict[Line, dict[int, float]]) -> dict[Line, Paired]:
    mine = reference(family)
    if mine is None:
        return {}
    rivals = [line for line in scores if line != mine and line.method != FULL_SHOT]
    pairs = {line: paired(scores[line], scores[mine]) for line in rivals}
    return {line: pair for line, pair in pairs.items() if pair is not None}


def _best(summaries: dict[Line, Summary]) -> set[Line]:
    """The highest mean; nobody where there is only one to choose from, or all are equal."""
    means = {
        line: summary.mean
        for line, summary in summaries.items()
        if summary.mean is not None and line.method != FULL_SHOT
    }
    best = {line for line, mean in means.items() if mean >= max(means.values()) - _EQUAL}
    return best if len(best) < len(means) else set()


def _standing(
    family: Family,
    line: Line,
    *,
    summary: Summary,
    best: bool,
    against: Paired | None,
    holm_p: float | None,
    percent: float | None,
) -> Standing:
    cells = family.of(line)
    failed = [c for c in family.cells if line_of(c) == line and c.status == "failed"]

    def mean(read: Callable[[Cell], float | None]) -> float | None:
        values = [value for cell in cells if (value := read(cell)) is not None]
        return sum(values) / len(values) if values else None

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
        billed=mean(lambda cell: cell.billed_tokens),
        accepted=mean(lambda cell: cell.accepted),
        leaked=mean(lambda cell: cell.leaked),
        steps=mean(lambda cell: cell.steps),
    )
