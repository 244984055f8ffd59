"""Intervals of a student's scores: its test and dev rows answered again, and drawn with repetition.

A run keeps no predictions of these rows, so the student must be asked. That it then scores what
the run wrote is seen on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evokd.config import ConfigError
from evokd.config.task import CAUSAL_KINDS
from evokd.hub.card import Intervals
from evokd.runs.answers import load_student
from evokd.runs.run import Run, mapping, number
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat
from evokd.tasks.intervals import Bounds
from evokd.tasks.task import Task

RESAMPLES = 1_000
SLACK = 0.01
"""Largest difference to what the run wrote: another machine may round a few rows otherwise."""


def measured(folder: Path, run: Run, task: Task) -> Intervals:
    """95 % intervals of all scores of the student in a folder: percentile bootstrap over rows.

    Raises:
        ConfigError: a student that reasons, or one that does not score what the run wrote.
    """
    if task.task_format.kind in CAUSAL_KINDS:
        raise ConfigError("--intervals: a student that reasons takes too long to be asked again")
    student = load_student(folder)
    found: dict[tuple[str, str], Bounds] = {}
    for split, rows in (("test", task.test), ("dev", task.dev or ())):
        if not rows:
            continue
        verdicts, _ = student.verdicts([row.text for row in rows])
        predicted = [one.label for one in verdicts]
        written = mapping(run.metrics[-1].get(split)) if run.metrics else {}
        _check(split, written, task.task_format.scores(rows, predicted))
        for name, bounds in bootstrap(task.task_format, rows, predicted).items():
            found[split, name] = bounds
    return found


def bootstrap(
    task_format: TaskFormat, rows: Sequence[Example], predicted: Sequence[str]
) -> dict[str, Bounds]:
    """Score → its 2.5th and 97.5th percentile over resamples of the rows; the same each time."""
    draws = np.random.default_rng(0).integers(len(rows), size=(RESAMPLES, len(rows)))
    scores: dict[str, list[float]] = {}
    for places in draws.tolist():
        one = task_format.scores([rows[i] for i in places], [predicted[i] for i in places])
        for name, value in one.items():
            scores.setdefault(name, []).append(value)
    return {
        name: Bounds(*(float(end) for end in np.percentile(values, (2.5, 97.5))))
        for name, values in scores.items()
    }


def _check(split: str, written: Mapping[str, Any], found: Mapping[str, float]) -> None:
    for name, value in found.items():
        said = number(written.get(name))
        if said is not None and abs(said - value) > SLACK:
            raise ConfigError(
                f"--intervals: on {split} these weights have {name} {value:.4f}, but the run wrote"
                f" {said:.4f}: other weights, or other rows, than those of its last round"
            )
