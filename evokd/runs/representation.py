"""Where a run's rows stand, round by round: the key `representation` of metrics.jsonl, read.

`MEASURES` is the one list of them: the page, the report, curves.csv and the tables and figures of
studies go by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from evokd.runs.formatting import count, ratio
from evokd.runs.run import Run, mapping, number

KEY = "representation"


class RepresentationMeasure(NamedTuple):
    """A measure, as it is found and called."""

    path: str
    """Its keys below `representation`, with dots between them."""
    name: str
    """For people."""


def _measure(path: str, name: str) -> tuple[str, RepresentationMeasure]:
    return path.replace(".", "_"), RepresentationMeasure(path, name)


MEASURES: dict[str, RepresentationMeasure] = dict(
    (
        _measure("vendi", "Vendi score"),
        _measure("distinct_1", "distinct-1"),
        _measure("distinct_2", "distinct-2"),
        _measure("self_similarity", "self-similarity"),
        _measure("real.precision", "precision"),
        _measure("real.recall", "recall"),
        _measure("real.coverage", "coverage"),
        _measure("separability", "separability"),
        _measure("drift", "drift"),
        _measure("student.separability", "separability, student"),
        _measure("student.test_separability", "separability of test, student"),
        _measure("student.test_drift", "drift of test, student"),
        _measure("test_nearest.mean", "nearest test row, mean"),
        _measure("test_nearest.q95", "nearest test row, 95 %"),
        _measure("test_nearest.max", "nearest test row, most"),
        _measure("round.vendi", "Vendi score, round"),
        _measure("round.distinct_1", "distinct-1, round"),
        _measure("round.distinct_2", "distinct-2, round"),
        _measure("round.self_similarity", "self-similarity, round"),
        _measure("round.test_nearest.max", "nearest test row, round"),
    )
)
"""Column → measure, in the order of tables; those of the round's own rows last."""


@dataclass(frozen=True)
class RoundRepresentation:
    """One round's measures."""

    number: int
    rows: int
    """Accepted so far."""
    real: int | None
    """Train rows that they are held against; None: there are none."""
    values: Mapping[str, float | None]
    """By key of `MEASURES`."""

    @property
    def line(self) -> str:
        """For the end of a run."""
        of = self.values
        told = [
            f"Vendi score {'–' if (worth := of['vendi']) is None else f'{worth:.1f}'}"
            f" of {count(self.rows)} rows",
            "no train rows beyond the shots to hold them against"
            if self.real is None
            else f"precision {ratio(of['real_precision'])} and coverage"
            f" {ratio(of['real_coverage'])} against {count(self.real)} train rows",
            f"nearest to a test row: cosine {ratio(of['test_nearest_max'])}",
        ]
        return f"where the rows stand: {'; '.join(told)}"


def flattened(line: Mapping[str, Any]) -> dict[str, float | None]:
    """The measures of a line of metrics.jsonl, by column; empty where it has none."""
    said = mapping(line.get(KEY))
    return {column: _at(said, one.path) for column, one in MEASURES.items()} if said else {}


def read_representation(run: Run) -> list[RoundRepresentation]:
    """The rounds that were measured, in their order; none where the config didn't ask for it."""
    return [
        RoundRepresentation(
            number=line["round"],
            rows=int(number(mapping(line[KEY]).get("rows")) or 0),
            real=None if (real := _at(mapping(line[KEY]), "real.rows")) is None else int(real),
            values=found,
        )
        for line in run.metrics
        if (found := flattened(line))
    ]


def _at(said: Mapping[str, Any], path: str) -> float | None:
    """The number at a path; None where there is none."""
    first, _, rest = path.partition(".")
    value = said.get(first)
    return _at(mapping(value), rest) if rest else number(value)
