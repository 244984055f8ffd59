"""Arms against the reference over all data sets of a study: the primary measure, the secondaries.

An arm is a method and variant at some shots and budget, which tell no arms apart where each data
set has one of them alone. Pairs are seeds within a data set. The area under the curve is primary:
its p-values are corrected among the arms alone. The last score is secondary: its p-values are
corrected apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from evokd.studies.report.comparisons import (
    Comparison,
    area_of,
    by_seed,
    reference,
    reference_name,
    score_of,
)
from evokd.studies.report.inference import (
    Spread,
    Stratified,
    equivalence,
    spread_of,
    stratified,
)
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.rows import CellResult
from evokd.studies.report.stats import holm


class Tested(NamedTuple):
    """One measure of an arm against the reference's."""

    against: Stratified
    holm_p: float | None
    equivalence_p: float | None
    """That the two differ by the margin or more."""


class Arm(NamedTuple):
    """A line against the reference, over data sets."""

    shots: int | None
    """None: no data set has more than one number of them."""
    budget: int | None
    """None: no data set has more than one."""
    line: MethodVariant
    reference: str
    """What the reference is called."""
    area: Tested | None
    """Primary; None where no area is known."""
    last: Tested | None
    """Secondary."""


Read = Callable[[CellResult], float | None]
Key = tuple[int | None, int | None, MethodVariant, str]


def arms(grouped: Sequence[Comparison], margin: float) -> list[Arm]:
    """All arms of a study, in the order of its families."""
    areas, last = (_tested(_pairs(grouped, read), margin) for read in (area_of, score_of))
    keys = dict.fromkeys([*areas, *last])
    return [Arm(*key, areas.get(key), last.get(key)) for key in keys]


def spreads(grouped: Sequence[Comparison]) -> tuple[Spread | None, Spread | None]:
    """Of the paired differences of area and last score, over all arms and data sets.

    Within arm and data set, so that what an arm gains on average is no spread.
    """
    found = []
    for read in (area_of, score_of):
        strata = [one for arm in _pairs(grouped, read).values() for one in arm]
        found.append(spread_of(strata))
    return found[0], found[1]


def _pairs(grouped: Sequence[Comparison], read: Read) -> dict[Key, list[list[float]]]:
    """Arm → data set → paired differences."""
    found: dict[Key, list[list[float]]] = {}
    by_shots = _several({(one.task, one.shots) for one in grouped})
    by_budget = _several({(one.task, one.budget) for one in grouped})
    for comparison in grouped:
        mine = reference(comparison)
        if mine is None:
            continue
        base = by_seed(comparison.of(mine), read)
        shots = comparison.shots if by_shots else None
        budget = comparison.budget if by_budget else None
        name = reference_name(comparison)
        for line in comparison.lines:
            if line == mine or line.full:
                continue
            own = by_seed(comparison.of(line), read)
            pairs = [own[seed] - base[seed] for seed in sorted(own.keys() & base.keys())]
            if pairs:
                found.setdefault((shots, budget, line, name), []).append(pairs)
    return found


def _several(settings: Collection[tuple[str, int | None]]) -> bool:
    """Whether some data set has more than one."""
    return len({task for task, _ in settings}) < len(settings)


def _tested(pairs: Mapping[Key, list[list[float]]], margin: float) -> dict[Key, Tested]:
    against = {key: one for key, strata in pairs.items() if (one := stratified(strata))}
    tested = [key for key, one in against.items() if one.p is not None]
    ps = holm([p for key in tested if (p := against[key].p) is not None])
    corrected = dict(zip(tested, ps, strict=True))
    return {
        key: Tested(one, corrected.get(key), equivalence(pairs[key], margin))
        for key, one in against.items()
    }
