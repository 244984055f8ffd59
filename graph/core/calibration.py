"""The student's temperature after a training, and what it does to how sure the student is.

It is fitted on dev rows or on accepted rows that were held back, never on test rows. The graph goes
on with the student's own probabilities: the temperature is for who uses the saved student.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from evokd.config import Config
from evokd.store.artefacts import dumps, write_atomic
from evokd.store.run_dir import RunDir
from evokd.tasks.abstention import abstention_curve
from evokd.tasks.calibration import measure, reliability
from evokd.tasks.example import Example
from evokd.tasks.temperature import fit_temperature, scaled
from graph.core.student_store import LogProbabilities

PLACES = 6
"""Digits behind the point."""


class Answered(NamedTuple):
    """Rows, and what the student thinks of each answer."""

    log_probabilities: LogProbabilities
    """float32 [rows, answers]."""
    gold: list[int]
    """Place of each row's right answer."""

    @classmethod
    def of(
        cls, rows: Sequence[Example], logs: LogProbabilities | None, labels: Sequence[str]
    ) -> Answered | None:
        """None without rows, or without probabilities."""
        if logs is None:
            return None
        places = {label: place for place, label in enumerate(labels)}
        return cls(logs, [places[row.label] for row in rows])


def fitted_on(config: Config, has_dev: bool) -> Literal["dev", "held_back"] | None:
    """The rows that the temperature is fitted on."""
    chosen = config.student.calibration
    if chosen == "auto":
        return "dev" if has_dev else None
    return None if chosen == "none" else chosen


def calibrate(
    by: Literal["dev", "held_back"] | None,
    test: Answered | None,
    dev: Answered | None,
    held_back: Answered | None,
) -> dict[str, Any] | None:
    """The key `calibration` of the round's line; None for kinds without probabilities.

    `rows` are those that the temperature was fitted on; a `temperature` of null is none, because
    nothing was asked for or the rows can't say (`evokd.tasks.temperature`).
    """
    if test is None:
        return None
    given = {"dev": dev, "held_back": held_back, None: None}[by]
    found = None if given is None else fit_temperature(given.log_probabilities, given.gold)
    temperature = None if found is None else round(found, PLACES)
    return {
        "by": by,
        "temperature": temperature,
        "rows": 0 if given is None else len(given.gold),
        "test": _measured(test, temperature),
        "dev": None if dev is None else _measured(dev, temperature),
    }


def write_curve(run: RunDir, number: int, test: Answered, temperature: float | None) -> None:
    """calibration.json: accuracy by coverage and the reliability bins, on the test rows.

    One curve, that of the probabilities as the saved student gives them: with more than two labels
    a temperature can change which of two rows is the surer one.
    """
    logs, gold = test
    used = logs if temperature is None else scaled(logs, temperature)
    curve = abstention_curve(used, gold)
    document = {
        "round": number,
        "temperature": temperature,
        "rows": len(gold),
        "area": round(curve.area, PLACES),
        "curve": [_rounded(point._asdict()) for point in curve.thinned().points],
        "reliability": {
            "before": [_rounded(one._asdict()) for one in reliability(logs, gold)],
            "after": None
            if temperature is None
            else [_rounded(one._asdict()) for one in reliability(used, gold)],
        },
    }
    write_atomic(run.calibration, f"{dumps(document)}\n", durable=False)


def _measured(rows: Answered, temperature: float | None) -> dict[str, Any]:
    logs, gold = rows
    after = None if temperature is None else measure(scaled(logs, temperature), gold)
    return {
        "before": _rounded(measure(logs, gold)._asdict()),
        "after": None if after is None else _rounded(after._asdict()),
    }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, PLACES) for name, value in values.items()}
