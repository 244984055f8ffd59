"""What each written row counts by in training (`student.weights`): factors of mean 1.

Some are told by the row itself (how sure the labelers were, whose text it is, its level), two by
the student before it trained on the row: its probability of the label, and how much a step on the
row would lower its loss on the seed shots. Those are measured once and kept, so that
history and resumed runs weigh as the round did. What a method learns (SunGen) or noise says of a
row multiplies with it. Pure; rows that a mapping leaves out count as 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from agents.distribution import Classes, Distribution, certainty
from agents.records import Candidate
from evokd.config import StudentConfig

Weighing = Mapping[str, float]
"""Row id → factor, or what was measured of the row."""
MEASURES: Mapping[str, str] = {"difficulty": "student_probability", "value": "value"}
"""`student.weights` → what synthetic.jsonl calls the measurement that it needs."""
DIGITS = 6
"""Of a factor, behind the point."""


@dataclass(frozen=True, slots=True)
class WeighedRow:
    """What of an accepted row its weight may go by."""

    id: str
    label: str
    kind: str
    level: int | None
    agreement: float
    distribution: Distribution | None

    @classmethod
    def of(cls, row: Candidate) -> WeighedRow:
        """Of a row as it was accepted."""
        draft = row.draft
        return cls(draft.row, row.label, draft.kind, draft.level, row.agreement, row.distribution)

    @classmethod
    def stored(cls, line: Mapping[str, Any]) -> WeighedRow:
        """Of a line of synthetic.jsonl; lines of older runs have no distribution."""
        told, level = line.get("distribution"), line.get("level")
        return cls(line["row"], line["label"], line["kind"], level, line["agreement"], told)


def row_factors(
    config: StudentConfig, rows: Sequence[WeighedRow], measured: Weighing, classes: Classes
) -> dict[str, float]:
    """Factor of each row, at least 0 and of any mean; rows that can't be told are left out.

    Args:
        config: `weights`, `weight_of`, `weight_power`.
        rows: Accepted rows.
        measured: Row id → what the student gave it, for `difficulty` and `value`.
        classes: The classes of an answer.
    """
    if config.weights == "none":
        return {}
    if config.weights in MEASURES:
        told = {row.id: measured[row.id] for row in rows if row.id in measured}
        if config.weights == "value":
            return {row: max(0.0, value) for row, value in told.items()}
        return {row: (1 - min(1.0, p)) ** config.weight_power for row, p in told.items()}
    by: dict[str, Callable[[WeighedRow], float | None]] = {
        "confidence": lambda row: confidence(row, classes),
        "kind": lambda row: _given(config, row.kind, 1.0),
        "level": lambda row: None if row.level is None else _given(config, row.level, row.level),
    }
    found = {row.id: by[config.weights](row) for row in rows}
    return {row: factor for row, factor in found.items() if factor is not None}


def confidence(row: WeighedRow, classes: Classes) -> float:
    """Probability of the row's label by the votes; without a distribution the voters' agreement."""
    if row.distribution is None:
        return row.agreement
    return certainty(row.distribution, row.label, classes)


def normalised(factors: Weighing, rows: Iterable[str]) -> dict[str, float]:
    """The factors of these rows, scaled to mean 1, so that the learning rate stays what it was.

    All 0 (a student that is sure of every row) says nothing of which counts more: all 1.
    """
    own = {row: factors[row] for row in dict.fromkeys(rows) if row in factors}
    mean = fmean(own.values()) if own else 0.0
    if mean <= 0 or not math.isfinite(mean):
        return dict.fromkeys(own, 1.0)
    return {row: round(factor / mean, DIGITS) for row, factor in own.items()}


def composed(*weighings: Weighing | None) -> dict[str, float] | None:
    """Row id → product of its factors; None where there are none at all."""
    given = [one for one in weighings if one is not None]
    if not given:
        return None
    rows = dict.fromkeys(row for one in given for row in one)
    return {row: math.prod(one.get(row, 1.0) for one in given) for row in rows}


def _given(config: StudentConfig, key: str | int, otherwise: float) -> float:
    for name, factor in config.weight_of.items():
        if name == key:
            return factor
    return 1.0 if config.weight_of else otherwise
