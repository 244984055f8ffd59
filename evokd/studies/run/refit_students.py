"""Other students on the rows that a finished cell stored: targets, weights, heads, at no tokens.

`study.refit_students: {soft: {student.targets: soft}}` trains, beside the cell's own refits, as
many students under these settings from the same seeds, so that a difference is the settings' alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evokd.config import Config, ConfigError, parse_config, put
from evokd.store.artefacts import dumps
from evokd.store.run_dir import read_lines
from evokd.studies.run.refits import FinishedCell, mean_and_sd, refit

STUDENTS = "refit_students.jsonl"
"""In a run directory: a line a student and refit."""
COLUMN = "students"
"""Of results: student → mean `score` of its refits, their `sd`, or the `reason` for none."""


def with_settings(config: Config, settings: Mapping[str, Any], origin: str) -> Config:
    """A cell's config with another student.

    Raises:
        ConfigError: naming the field.
    """
    raw = json.loads(config.model_dump_json())
    for key, value in settings.items():
        put(raw, key, value)
    return parse_config(raw, origin)


def refit_students(
    cell: FinishedCell, students: Mapping[str, Mapping[str, Any]], count: int
) -> dict[str, Any]:
    """Fit those that are not on record; gives the column of results.

    A student that these rows can't teach (soft targets, and no row has a distribution) stands there
    with the reason; the others are fitted.
    """
    found: dict[str, Any] = {}
    for name, settings in students.items():
        try:
            config = with_settings(cell.config, settings, f"study.refit_students.{name}")
            scores = _scores(replace(cell, config=config), name, settings, count)
        except ConfigError as error:
            found[name] = {"settings": dict(settings), "score": None, "reason": str(error)}
            continue
        told = mean_and_sd("score", scores)
        found[name] = {
            "settings": dict(settings),
            "score": told["score"],
            "sd": told["score_sd"],
            "refits": count,
        }
    return {COLUMN: found}


def missing(row: Mapping[str, Any], students: Mapping[str, Mapping[str, Any]], count: int) -> bool:
    """Whether the row of a finished cell lacks one of them, or some of its refits."""
    known = row.get(COLUMN) or {}
    for name, settings in students.items():
        one = known.get(name)
        if one is None or one["settings"] != dict(settings):
            return True
        if one["score"] is not None and one["refits"] < count:
            return True
    return False


def _scores(cell: FinishedCell, name: str, settings: Mapping[str, Any], count: int) -> list[float]:
    """Of each refit the task's metric; each is on the disk when it is done."""
    file, metric = cell.run.path / STUDENTS, cell.config.task.metric
    lines = read_lines(file) if file.is_file() else []
    same = {"student": name, "settings": dict(settings)}
    done = {one["refit"]: one["score"] for one in lines if same.items() <= one.items()}
    for number in range(1, count + 1):
        if number in done:
            continue
        said = refit(cell, cell.last, number)
        done[number] = cell.form(cell.last).scores(cell.test(cell.last), said)[metric]
        with file.open("a", encoding="utf-8") as out:
            out.write(f"{dumps({**same, 'refit': number, 'score': done[number]})}\n")
    return [done[number] for number in range(1, count + 1)]
