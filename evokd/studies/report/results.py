"""A study's files, read and checked: results.jsonl, curves.csv, classes.csv, study.yaml.

The runner writes them; tables, figures and the page are made of what is read here. A value that
can't be right is refused with file, line and field: a guessed number would end up in a table.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from evokd.config import ConfigError
from evokd.runs.representation import MEASURES
from evokd.studies.measures.area import BY_TOKENS, area, known_to_the_end
from evokd.studies.report.rows import CellResult, ClassRow, CurvePoint, TeacherScore
from evokd.studies.report.study_file import STUDY, StudyFile, read_study_file
from evokd.tasks.predictions import TestPredictions

RESULTS, CURVES, CLASSES = "results.jsonl", "curves.csv", "classes.csv"
PREDICTIONS, REFERENCES = "predictions.jsonl", "references.jsonl"
EDGE = "tokens:"
"""What the name of an edge's column begins with."""


@dataclass(frozen=True)
class StudyResults:
    """Everything that was read; of a cell (or a round of it) that is there twice, the last line."""

    study_file: StudyFile
    cells: tuple[CellResult, ...] = ()
    points: tuple[CurvePoint, ...] = ()
    classes: tuple[ClassRow, ...] = ()
    folder: Path = field(default_factory=Path)
    predictions: Mapping[str, TestPredictions] = field(default_factory=dict)
    """Cell → its students' answers to the test rows."""
    references: tuple[TeacherScore, ...] = ()

    @property
    def done(self) -> tuple[CellResult, ...]:
        """Cells that finished; only they enter a statistic."""
        return tuple(cell for cell in self.cells if cell.status == "done")

    @property
    def failed(self) -> tuple[CellResult, ...]:
        return tuple(cell for cell in self.cells if cell.status == "failed")

    def missing(self) -> int | None:
        """Cells that neither finished nor failed yet; None where the study does not say."""
        whole = self.study_file.cells
        return None if whole is None else max(0, whole - len(self.cells))


def read_results(folder: Path) -> StudyResults:
    """Read a study's folder; files that are not there yet are empty.

    Raises:
        ConfigError: no such folder, or a line that can't be right (file, line and field).
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such study folder")
    cells = {cell.cell: cell for cell in _json_lines(folder / RESULTS, CellResult)}
    done = {cell.cell for cell in cells.values() if cell.status == "done"}
    points = {(p.cell, p.round): p for p in _table(folder / CURVES, CurvePoint, _curve_row)}
    classes = {(c.cell, c.round, c.name): c for c in _table(folder / CLASSES, ClassRow)}
    by_cell: dict[str, list[CurvePoint]] = {}
    for point in sorted(points.values(), key=lambda point: point.round):
        by_cell.setdefault(point.cell, []).append(point)
    whole = [_with_area(cell, by_cell.get(cell.cell, ())) for cell in cells.values()]
    return StudyResults(
        study_file=read_study_file(folder / STUDY),
        cells=tuple(sorted(whole, key=lambda cell: cell.cell)),
        points=tuple(points[key] for key in sorted(points) if key[0] in done),
        classes=tuple(classes[key] for key in sorted(classes) if key[0] in done),
        folder=folder,
        predictions=_predictions(folder / PREDICTIONS),
        references=tuple(_json_lines(folder / REFERENCES, TeacherScore)),
    )


def _with_area(cell: CellResult, points: Sequence[CurvePoint]) -> CellResult:
    """The area of a cell whose runner did not write one, if its rounds give it."""
    if cell.area is not None or cell.status != "done" or not points:
        return cell
    scores = [point.macro_f1 if point.score is None else point.score for point in points]
    tokens = [point.billed_tokens for point in points]
    known = [score for score in scores if score is not None]
    if len(known) < len(scores):
        return cell
    if cell.budget is None:  # nothing is spent: one score, whatever the budget
        return cell if any(tokens) else cell.model_copy(update={"area": known[-1]})
    filled = (cell.billed_tokens or tokens[-1]) / cell.budget
    update: dict[str, Any] = {"filled": filled}
    by_tokens = cell.reason == BY_TOKENS
    if known_to_the_end(flat=bool(cell.flat), by_tokens=by_tokens, filled=filled):
        update["area"] = area(tokens, known, cell.budget, known[0])
    return cell.model_copy(update=update)


def _predictions(path: Path) -> dict[str, TestPredictions]:
    """What can be read: an interval less is better than no report."""
    found = {}
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    for line in text.split("\n"):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            raw = json.loads(line)
            found[str(raw["cell"])] = TestPredictions.from_json(raw)
    return found


Model = TypeVar("Model", bound=BaseModel)


def _json_lines(path: Path, model: type[Model]) -> Iterator[Model]:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
        except ValueError as error:
            if number == len(lines):  # no line end: the writer was killed in the middle of it
                return
            raise ConfigError(f"{path}: line {number}: not valid JSON: {error}") from None
        yield _checked(path, number, model, raw)


def _as_they_are(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _table(
    path: Path,
    model: type[Model],
    shape: Callable[[dict[str, Any]], dict[str, Any]] = _as_they_are,
) -> Iterator[Model]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = [(reader.line_num, row) for row in reader]
    if rows and not text.endswith("\n"):  # the writer was killed in the middle of the last line
        del rows[-1]
    for line, row in rows:
        yield _checked(path, line, model, shape(row))


def _curve_row(row: dict[str, Any]) -> dict[str, Any]:
    edges = {
        str(name).removeprefix(EDGE): value
        for name, value in row.items()
        if str(name).startswith(EDGE) and value
    }
    measures = {name: row[name] for name in MEASURES if row.get(name)}
    return {**row, "edges": edges, "representation": measures}


def _checked(path: Path, line: int, model: type[Model], raw: Any) -> Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "the line"
        raise ConfigError(f"{path}: line {line}: {name}: {first['msg']}") from None
