"""Two runs side by side: settings that differ, tokens by edge, rows that only one has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.runs.dataset import SyntheticRow
from evokd.runs.totals import EdgeTotals, LedgerTotals
from evokd.tasks.text import normalise

ABSENT = "–"


@dataclass(frozen=True)
class Setting:
    """A setting that is not the same in both runs."""

    name: str
    """`loop.n_hard`."""
    left: str
    right: str


@dataclass(frozen=True)
class EdgePair:
    """An edge in both runs; an empty one where a run has none."""

    name: str
    left: EdgeTotals
    right: EdgeTotals


def settings(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Setting]:
    """Settings of two configs that differ, by name."""
    first, second = flat(left), flat(right)
    names = sorted(first.keys() | second.keys())
    return [
        Setting(name, first.get(name, ABSENT), second.get(name, ABSENT))
        for name in names
        if first.get(name) != second.get(name)
    ]


def flat(config: Any, name: str = "") -> dict[str, str]:
    """`{a: {b: [1]}}` → `{"a.b.0": "1"}`."""
    if isinstance(config, Mapping) and config:
        inside: Any = config.items()
    elif isinstance(config, list) and config:
        inside = enumerate(config)
    else:
        return {name: "null" if config is None else str(config)} if name else {}
    found: dict[str, str] = {}
    for key, value in inside:
        found |= flat(value, f"{name}.{key}" if name else str(key))
    return found


def edges(left: LedgerTotals, right: LedgerTotals) -> list[EdgePair]:
    """All edges of both, in the order of the first run, then of the second."""
    first = {edge.name: edge for edge in left.edges}
    second = {edge.name: edge for edge in right.edges}
    pairs = []
    for name in dict.fromkeys([*first, *second]):
        known = first.get(name) or second[name]
        empty = EdgeTotals(known.source, known.target)
        pairs.append(EdgePair(name, first.get(name, empty), second.get(name, empty)))
    return pairs


def only(rows: Sequence[SyntheticRow], others: Sequence[SyntheticRow]) -> list[SyntheticRow]:
    """Rows whose text is in none of the others, after `normalise`."""
    known = {normalise(row.text) for row in others}
    return [row for row in rows if normalise(row.text) not in known]
