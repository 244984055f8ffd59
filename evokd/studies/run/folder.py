"""The study's folder: its files, who may write to it, and what an earlier start left there.

```
study.yaml      the study as it is run        cells.jsonl    every cell: id, place in the grid
results.jsonl   one row an ended cell         curves.csv     one line a round
classes.csv     rounds by class               runs/CELL/     ordinary run directories
predictions.jsonl  students' answers to the test rows, by cell
references.jsonl   the teachers' own scores; their books are in references/
judges/            students of the full training set, which judge labels
aside.jsonl     rows of finished cells that a changed study file left out; it may ask for them again
aside/          their lines of the tables, where their runs are not here to make them from
```
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from evokd.config import ConfigError
from evokd.store.artefacts import dumps, write_atomic
from evokd.store.run_dir import RunDir
from evokd.studies.grid.cells import Cell, CellAxes
from evokd.studies.grid.config import StudyConfig
from evokd.studies.run.measure import drop_judges
from evokd.studies.run.record import CLASS, CURVE, JsonRow, class_rows, curve_rows
from evokd.studies.run.teacher_reference import REFERENCE, REFERENCES, RESULT
from evokd.tasks.predictions import TestPredictions

ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Changes:
    """A study file that is not what it was when the folder was last worked on."""

    kept: tuple[str, ...]
    """Titles of finished cells that still belong."""
    new: tuple[str, ...]
    """Cells that were not there."""
    gone: tuple[str, ...]
    """Finished cells that no longer belong: their runs stay, their results are set aside."""


class StudyDir:
    """Paths and files of one study."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.study = path / "study.yaml"
        self.cells = path / "cells.jsonl"
        self.results = path / "results.jsonl"
        self.aside = path / "aside.jsonl"
        self.curves = path / "curves.csv"
        self.classes = path / "classes.csv"
        self.predictions = path / "predictions.jsonl"
        self.references = path / "references.jsonl"

    def run(self, cell: Cell) -> RunDir:
        """The run directory of a cell, which need not exist."""
        return RunDir(self.path / self.relative(cell))

    def relative(self, cell: Cell) -> str:
        """Path of a cell's run directory within the study's."""
        return self.relative_to(cell.id)

    def relative_to(self, id: str) -> str:
        """The same for the cell of an id."""
        return f"runs/{id}"

    def adopt(self, cells: Sequence[Cell]) -> tuple[Cell, ...]:
        """The cells, with the ids that finished ones have from before ids said what made them.

        Those are kept: nobody knows whether method and prompts were then what they are now. What
        was begun then, and did not finish, is begun anew under its new id.
        """
        rows = {row["cell"]: row for row in self.rows()}
        done = {id for id, row in rows.items() if row["status"] == "done"}
        return tuple(
            replace(cell, id=cell.old_id, made_by=None)
            if cell.id not in done and cell.old_id in done and cell.follows is None
            else cell
            for cell in cells
        )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and hold it against a second process.

        Raises:
            ConfigError: it is no study's folder, or another process works on it.
        """
        if self.path.exists() and not self.study.is_file() and not self._empty():
            raise ConfigError(f"--out {self.path}: is not empty, and holds no study")
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigError(f"{self.path}: another process works on this study") from None
            yield

    def _empty(self) -> bool:
        return self.path.is_dir() and not [f for f in self.path.iterdir() if f.name != ".lock"]

    def begin(
        self, study: StudyConfig, cells: Sequence[Cell], command: Iterable[str]
    ) -> Changes | None:
        """Write study.yaml and cells.jsonl; says what changed since they were last written."""
        changes = self._changes(cells)
        said = study.model_copy(update={"command": tuple(command), "cells": len(cells)})
        write_atomic(self.study, said.to_yaml())
        lines = [
            {"cell": cell.id, **asdict(cell.axes), "run": self.relative(cell)} for cell in cells
        ]
        write_atomic(self.cells, _lines(lines))
        # half a line, left by a kill, would swallow the row that is added next
        self._sort(cells)
        return changes

    def _changes(self, cells: Sequence[Cell]) -> Changes | None:
        before = {row["cell"]: row for row in whole_lines(self.cells)}
        now = {cell.id: cell for cell in cells}
        if not before or before.keys() == now.keys():
            return None
        done = {row["cell"]: row for row in self.rows() if row["status"] == "done"}
        return Changes(
            kept=tuple(cell.axes.title for cell in cells if cell.id in done),
            new=tuple(cell.axes.title for cell in cells if cell.id not in before),
            gone=tuple(_title(row) for row in done.values() if row["cell"] not in now),
        )

    def rows(self) -> list[JsonRow]:
        """The last row of each cell, set aside or not; a line cut off by a kill is left out."""
        lines = [*whole_lines(self.aside), *whole_lines(self.results)]
        return list({row["cell"]: row for row in lines}.values())

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row of results, safe on the disk when this returns."""
        with self.results.open("a", encoding="utf-8") as file:
            file.write(f"{dumps(dict(row))}\n")
            file.flush()
            os.fsync(file.fileno())

    def settle(self, study: StudyConfig, cells: Sequence[Cell]) -> list[JsonRow]:
        """Put the results into the order of the cells, and write the curves; gives the results."""
        rows = self._sort(cells)
        done = {row["cell"] for row in rows if row["status"] == "done"}
        finished = [cell for cell in cells if cell.id in done]
        self._table(self.curves, CURVE, finished, curve_rows)
        self._predictions(finished)
        write_atomic(self.references, _lines(self._references()))
        if not study.keep_students and len(done) == len(cells):
            drop_judges(self.path)
        if study.kind == "adaptability":
            self._table(self.classes, CLASS, finished, class_rows)
        return rows

    def _table(
        self,
        file: Path,
        columns: Sequence[str],
        cells: Sequence[Cell],
        rows_of: Callable[[Cell, RunDir], Iterable[JsonRow]],
    ) -> None:
        """Write a table anew; of a cell whose run is not here its rows stay as they were."""
        stood = csv_rows(self._beside(file)) | csv_rows(file)
        runs = [(cell, self.run(cell)) for cell in cells]
        rows = [
            row
            for cell, run in runs
            for row in (rows_of(cell, run) if run.metrics.is_file() else stood.get(cell.id, ()))
        ]
        self._write(file, partial(as_csv, columns), rows, cells, stood)

    def _predictions(self, cells: Sequence[Cell]) -> None:
        """The same for the students' answers, of which a cell has one line."""
        lines = [*whole_lines(self._beside(self.predictions)), *whole_lines(self.predictions)]
        stood = {row["cell"]: [row] for row in lines}
        rows: list[JsonRow] = []
        for cell in cells:
            found = TestPredictions.read(self.run(cell).test_predictions)
            mine = None if found is None else [{"cell": cell.id} | found.to_json()]
            rows += stood.get(cell.id, []) if mine is None else mine
        self._write(self.predictions, _lines, rows, cells, stood)

    def _write(
        self,
        file: Path,
        form: Callable[[Sequence[JsonRow]], str],
        rows: Sequence[JsonRow],
        cells: Sequence[Cell],
        stood: Mapping[str, Sequence[JsonRow]],
    ) -> None:
        """Write a table, and set aside what stood in it of other cells whose runs are not here."""
        mine = {cell.id for cell in cells}
        others = [
            row
            for id, lines in stood.items()
            if id not in mine and not (self.path / self.relative_to(id)).is_dir()
            for row in lines
        ]
        aside = self._beside(file)
        if others or aside.is_file():  # all of them first: a kill between the two loses none
            aside.parent.mkdir(exist_ok=True)
            write_atomic(aside, form([row for lines in stood.values() for row in lines]))
        write_atomic(file, form(rows))
        if aside.is_file():
            write_atomic(aside, form(others))

    def _beside(self, table: Path) -> Path:
        return self.path / ASIDE / table.name

    def _references(self) -> list[JsonRow]:
        stood = {row[REFERENCE]: row for row in whole_lines(self.references, REFERENCE)}
        files = sorted((self.path / REFERENCES).glob(f"*/{RESULT}"))
        found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        return list((stood | {row[REFERENCE]: row for row in found}).values())

    def _sort(self, cells: Sequence[Cell]) -> list[JsonRow]:
        """Write the results in the order of the cells, and set aside what is none of theirs."""
        found = {row["cell"]: row for row in self.rows()}
        rows = [found[cell.id] for cell in cells if cell.id in found]
        others = [row for id, row in found.items() if id not in {cell.id for cell in cells}]
        if others or self.aside.is_file():  # all of them first: a kill between the two loses none
            write_atomic(self.aside, _lines(found.values()))
        write_atomic(self.results, _lines(rows))
        if self.aside.is_file():
            write_atomic(self.aside, _lines(others))
        return rows


def as_csv(columns: Sequence[str], rows: Sequence[JsonRow]) -> str:
    """A table with these columns and whatever else the rows have; what a row lacks stays empty."""
    names = dict.fromkeys([*columns, *(name for row in rows for name in row)])
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def csv_rows(file: Path) -> dict[str, list[JsonRow]]:
    """The rows of a table by their cell, every value a string; empty where there is no table."""
    found: dict[str, list[JsonRow]] = {}
    if file.is_file():
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row.get("cell"):
                    found.setdefault(row["cell"], []).append(row)
    return found


def whole_lines(file: Path, key: str = "cell") -> list[JsonRow]:
    """Rows of a JSON lines file that a killed process may have left with half a line."""
    if not file.is_file():
        return []
    found = []
    for line in file.read_text(encoding="utf-8", errors="replace").split("\n"):
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            if isinstance(row, dict) and key in row:
                found.append(row)
    return found


def _lines(rows: Iterable[JsonRow]) -> str:
    return "".join(f"{dumps(row)}\n" for row in rows)


def _title(row: JsonRow) -> str:
    names = ("method", "task", "variant", "shots", "seed", "budget")
    return CellAxes(**{name: row[name] for name in names}).title
