"""How right are the labels of the rows that a cell accepted? A full-data student says.

The judge is a student of the cell's own kind, trained on the full training set by epochs, one for a
data set, student and seed; it lies in the study's folder. The loop never sees it or its answers.
How far to trust it says its own accuracy on the test rows, which stands beside.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evokd.config import Config, ConfigError
from evokd.store.artefacts import write_atomic
from evokd.studies.grid.identity import digest
from evokd.studies.run.refits import FinishedCell
from evokd.tasks.task import Task, full_rows
from student.encoder.training_plan import full_plan, run_plan

if TYPE_CHECKING:
    from student.encoder.encoder import Encoder

JUDGES = "judges"
"""Folder of a study, for its judges."""
NO_MATTER = {
    *("steps", "update", "threads"),
    *("contrastive", "head_start"),  # see `StudentConfig.plain`
    *("targets", "temperature", "weights", "weight_of", "weight_power", "noise"),
    *("calibration", "held_back"),
}
"""Settings of `student` that make no difference to what the full training set teaches."""


class Judge(NamedTuple):
    """A student of the full training set."""

    student: Encoder
    accuracy: float
    """On the test rows: of answers that are right as a whole."""


def judged(cell: FinishedCell, study: Path) -> dict[str, Any]:
    """Columns of results: share of accepted rows whose label the judge gives, and its accuracy."""
    judge = find_judge(cell.config, cell.task, study)
    rows = [row for _, row in cell.rows]
    said = judge.student.predict([row.text for row in rows]) if rows else []
    agreed = [one.label == row.label for one, row in zip(said, rows, strict=True)]
    return {
        "label_accuracy": sum(agreed) / len(agreed) if agreed else None,
        "judge_accuracy": judge.accuracy,
    }


def find_judge(config: Config, task: Task, study: Path) -> Judge:
    """The study's judge for a data set, student and seed; trained if it isn't there."""
    from student.encoder.encoder import Encoder

    data = config.task.model_dump(mode="json", exclude={"shots", "introduce", "metric"})
    student = config.student.model_dump(mode="json", exclude=NO_MATTER)
    folder = study / JUDGES / digest(data, student, config.seed)
    with hold(folder):
        said, place = folder / "judge.json", folder / "student"
        with contextlib.suppress(OSError, ValueError, KeyError, ConfigError):
            accuracy = float(json.loads(said.read_text(encoding="utf-8"))["accuracy"])
            return Judge(Encoder.load(place, config.student), accuracy)
        judge = _train(config, task)
        judge.student.save(place)
        document = {"accuracy": judge.accuracy, "seed": config.seed, "rows": len(full_rows(task))}
        write_atomic(said, json.dumps(document) + "\n")
        return judge


def _train(config: Config, task: Task) -> Judge:
    from student.encoder.encoder import Encoder

    student = Encoder.create(config.student.plain, task.labels, config.seed, config.task.kind)
    plan = full_plan(config.student.model_copy(update={"steps": None}), full_rows(task))
    run_plan(plan, student, seed=1000 * config.seed)
    said = student.predict([row.text for row in task.test])
    right = [one.label == row.label for one, row in zip(said, task.test, strict=True)]
    return Judge(student, sum(right) / len(right))


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Make a folder that all workers share, and keep the others out of it meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
