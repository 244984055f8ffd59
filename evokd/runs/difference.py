"""Runs side by side: settings that differ, tokens by edge, rows that only one has."""

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
    """A setting of one of the runs."""

    name: str
    """`loop.n_hard`."""
    values: tuple[str, ...]
    """Of each run; `ABSENT` where its config has no such setting."""


@dataclass(frozen=True)
class SharedEdge:
    """An edge of any of the runs."""

    name: str
    sides: tuple[EdgeTotals, ...]
    """In each run; an empty one where a run has none."""


def settings(*configs: Mapping[str, Any], every: bool = False) -> list[Setting]:
    """Settings of the configs by name: those that differ, or all of them."""
    found = [flat(config) for config in configs]
    rows = (
        Setting(name, tuple(one.get(name, ABSENT) for one in found))
        for name in sorted({name for one in found for name in one})
    )
    return [row for row in rows if every or len(set(row.values)) > 1]


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


def edges(*books: LedgerTotals) -> list[SharedEdge]:
    """All edges, in the order of the first run, then of the second, and so on."""
    found = [{edge.name: edge for edge in one.edges} for one in books]
    known = {name: edge for one in reversed(found) for name, edge in one.items()}
    return [
        SharedEdge(
            name,
            tuple(
                one.get(name) or EdgeTotals(known[name].source, known[name].target) for one in found
            ),
        )
        for name in dict.fromkeys(name for one in found for name in one)
    ]


def only(rows: Sequence[SyntheticRow], others: Sequence[SyntheticRow]) -> list[SyntheticRow]:
    """Rows whose text is in none of the others, after `normalise`."""
    known = {normalise(row.text) for row in others}
    return [row for row in rows if normalise(row.text) not in known]
