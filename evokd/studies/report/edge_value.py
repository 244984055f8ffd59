"""What an edge earns: area with it minus area without it, for each 1,000 tokens that it moved.

Two variants of a method are held against each other when they differ by one switch or channel of
feedback alone. An edge is removed where one of them books tokens on it and the other does not, and
nothing came in its place: a generator that is fed by the trainer, because the analyst is gone, goes
on under another edge and is no saving.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from evokd.studies.report.comparisons import Comparison, area_of, by_seed
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import CellResult
from evokd.studies.report.stats import MIN_INTERVAL, Array, Interval, draws, percentile

SWITCHES = ("loop.switches.", "loop.feedback.")
ARROW = "→"


class EdgeValue(NamedTuple):
    """One switch, on one data set."""

    with_it: MethodVariant
    without: MethodVariant
    switch: str
    """Its name in the config."""
    edges: tuple[str, ...]
    """Those that are removed."""
    n: int
    """Seeds that both have."""
    tokens: float
    """On those edges, to the last closed round; mean over the seeds."""
    difference: float
    """Mean area with minus mean area without."""
    value: float
    """Area for 1,000 tokens: mean difference over mean tokens."""
    interval: Interval | None
    """95 %, over resampled seeds, both runs of a seed together."""


def edge_values(study: StudyResults, comparison: Comparison) -> list[EdgeValue]:
    """All pairs of a family, the switch that costs most first."""
    overrides = study.study_file.overrides
    tokens = {p.cell: p.edges for p in sorted(study.points, key=lambda point: point.round)}
    found = []
    for one, other in itertools.combinations(comparison.lines, 2):
        switch = _switch(overrides, one, other)
        if switch is None:
            continue
        for first, second in ((one, other), (other, one)):
            value = _value(comparison, tokens, first, second, switch)
            if value is not None:
                found.append(value)
    return sorted(found, key=lambda value: -value.tokens)


def _switch(
    overrides: Mapping[str, Mapping[str, Any]], one: MethodVariant, other: MethodVariant
) -> str | None:
    """The only key in which two variants of a method differ, if it is a switch."""
    if one.method != other.method:
        return None
    first, second = (_flat(overrides.get(line.variant, {})) for line in (one, other))
    every = first.keys() | second.keys()
    keys = {key for key in every if first.get(key, _GONE) != second.get(key, _GONE)}
    if len(keys) != 1 or not (key := keys.pop()).startswith(SWITCHES):
        return None
    return key


_GONE = object()


def _flat(overrides: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in overrides.items():
        name = f"{before}{key}"
        found |= _flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return found


def removed(more: Mapping[str, float], less: Mapping[str, float]) -> tuple[str, ...]:
    """Edges of `more` that `less` lacks, and puts no other in place of.

    Args:
        more: `source→target` → tokens.
        less: The same, of the run without.
    """
    gone = []
    for edge, count in more.items():
        target = edge.rpartition(ARROW)[2]
        instead = {
            name
            for name, n in less.items()
            if n and name.rpartition(ARROW)[2] == target and not more.get(name)
        }
        if count and not less.get(edge) and not instead:
            gone.append(edge)
    return tuple(gone)


def _value(
    comparison: Comparison,
    tokens: Mapping[str, Mapping[str, int]],
    with_it: MethodVariant,
    without: MethodVariant,
    switch: str,
) -> EdgeValue | None:
    more, less = comparison.of(with_it), comparison.of(without)
    edges = removed(_mean_tokens(more, tokens), _mean_tokens(less, tokens))
    areas = by_seed(more, area_of), by_seed(less, area_of)
    spent = {
        cell.seed: sum(tokens.get(cell.cell, {}).get(edge, 0) for edge in edges)
        for cell in more
        if cell.seed is not None
    }
    seeds = sorted(areas[0].keys() & areas[1].keys() & spent.keys())
    if not edges or not seeds or not sum(spent[seed] for seed in seeds):
        return None
    gains = np.asarray([areas[0][seed] - areas[1][seed] for seed in seeds])
    costs = np.asarray([spent[seed] / 1000 for seed in seeds])
    return EdgeValue(
        with_it=with_it,
        without=without,
        switch=switch,
        edges=edges,
        n=len(seeds),
        tokens=1000 * float(costs.mean()),
        difference=float(gains.mean()),
        value=float(gains.mean() / costs.mean()),
        interval=_interval(gains, costs),
    )


def _mean_tokens(
    cells: Sequence[CellResult], tokens: Mapping[str, Mapping[str, int]]
) -> dict[str, float]:
    runs = [tokens[cell.cell] for cell in cells if cell.cell in tokens]
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: sum(run.get(name, 0) for run in runs) / len(runs) for name in names}


def _interval(gains: Array, costs: Array) -> Interval | None:
    if len(gains) < MIN_INTERVAL:
        return None
    places = draws(len(gains))
    below = costs[places].mean(axis=1)
    if not below.all():
        return None
    return percentile(gains[places].mean(axis=1) / below)
