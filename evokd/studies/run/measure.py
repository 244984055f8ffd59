"""What a study measures of a finished cell besides what the run measured itself.

Each part leaves its result on the disk as soon as it has it, so that a study which was stopped goes
on where it was. None of it spends tokens that count for an arm.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from evokd.config import Config
from evokd.store.run_dir import RunDir
from evokd.studies.grid.config import MeasureConfig
from evokd.studies.run.judge import JUDGES, judged
from evokd.studies.run.refit_keeps import lacks_keeps, refit_keeps
from evokd.studies.run.refit_students import missing, refit_students
from evokd.studies.run.refits import FinishedCell, keep_final, refit_all
from evokd.studies.run.teacher_reference import teacher_reference
from evokd.tasks.task import load_task
from graph.methods import METHODS


def measure(
    config: Config,
    run: RunDir,
    study: Path,
    asked: MeasureConfig,
    row: Mapping[str, Any],
    draws: Collection[tuple[int, int]] = (),
) -> dict[str, Any]:
    """Columns of results for a run that is done.

    Args:
        config: Of the cell.
        run: Its directory.
        study: The study's folder.
        asked: What is to be measured.
        row: Its row of results so far; without an area there is none of refits, either.
        draws: Shots and seed of the task's cells, whose seed shots no teacher is tested with.
    """
    columns: dict[str, Any] = {}
    if METHODS[config.method].comparable and run.metrics.is_file():
        cell = FinishedCell(config, load_task(config.task), run)
        keep_final(cell)
        if asked.fits:
            whole_curve = asked.refit_rounds == "all" and row["area"] is not None
            columns |= refit_all(cell, asked.fits, whole_curve)
        if asked.refit_students:
            columns |= refit_students(cell, asked.refit_students, asked.fits)
        if asked.refit_keeps:
            columns |= refit_keeps(cell, asked.refit_keeps, asked.keep_refits)
        if asked.judge:
            columns |= judged(cell, study)
        if asked.teacher_reference:
            rows = asked.teacher_reference
            columns["reference"] = teacher_reference(config, cell.task, study, rows, draws)
    return columns


def unmeasured(row: Mapping[str, Any], asked: MeasureConfig, method: str) -> bool:
    """Whether the row of a finished cell lacks something that the study asks for now."""
    if not METHODS[method].comparable:
        return False
    curve = asked.fits and asked.refit_rounds == "all" and row.get("area") is not None
    return (
        (row.get("refits") or 0) < asked.fits
        or (bool(curve) and row.get("refit_area") is None)
        or missing(row, asked.refit_students, asked.fits)
        or lacks_keeps(row, asked.refit_keeps, asked.keep_refits)
        or (asked.judge and row.get("judge_accuracy") is None)
        or (bool(asked.teacher_reference) and row.get("reference") is None)
    )


def drop_judges(study: Path) -> None:
    """Leave of the judges what they scored, not their weights."""
    for student in (study / JUDGES).glob("*/student"):
        shutil.rmtree(student, ignore_errors=True)
