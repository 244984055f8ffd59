"""A study: a grid of runs, and what came of it."""

from __future__ import annotations

import csv
import io
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokd.api.errors import Interrupted
from evokd.api.run import Run, table
from evokd.api.sources import Settings, overrides_of, raw_of
from evokd.api.tables import frame
from evokd.api.tracked import LOG
from evokd.api.tracked_study import listening_to, tell_trackers
from evokd.config import ConfigError
from evokd.runs.formatting import ratio, several
from evokd.runs.run import number
from evokd.studies.grid.config import made_study
from evokd.studies.report.markup import markdown
from evokd.studies.report.report import write_report
from evokd.studies.report.results import read_results
from evokd.studies.report.tables import all_tables, lead
from evokd.studies.run.folder import StudyDir
from evokd.studies.study import Study as Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame


class Study:
    """A study's folder, finished or not: `evokd.load_study(dir)`, or what `evokd.study` gives."""

    def __init__(self, directory: Path) -> None:
        """Nothing is read yet."""
        self.directory = directory
        """Where it lies: results.jsonl, tables.md, figures/, study.html, runs/."""

    @classmethod
    def load(cls, directory: str | PathLike[str]) -> Study:
        """See `load_study`."""
        path = Path(directory)
        if not (path / "study.yaml").is_file():
            raise ConfigError(f"{path}: holds no study (expected study.yaml in it)")
        return cls(path)

    @property
    def results(self) -> DataFrame:
        """One line a cell that ended.

        Its place in the grid (`method`, `task`, `variant`, `shots`,
        `seed`, `budget`), `status`, `reason`, scores in [0, 1], `billed_tokens`, `run`.
        """
        return frame(self.to_dicts())

    @property
    def curves(self) -> DataFrame:
        """One line a round of a finished cell: its place in the grid, `round`, tokens, scores."""
        file = StudyDir(self.directory).curves
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        rows = csv.DictReader(io.StringIO(text))
        return frame([{key: _value(text) for key, text in row.items()} for row in rows])

    @property
    def table(self) -> str:
        """The tables of the report in Markdown: means, deviations, intervals."""
        found = read_results(self.directory)
        return markdown(found.study_file.name, lead(found), all_tables(found))

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The results of cells that failed, with their `reason`."""
        return [row for row in self.to_dicts() if row["status"] == "failed"]

    @property
    def runs(self) -> dict[str, Run]:
        """The runs of cells that ended, by the cell's id."""
        found = {row["cell"]: self.directory / str(row["run"]) for row in self.to_dicts()}
        return {cell: Run(path) for cell, path in found.items() if (path / "run.json").is_file()}

    def to_dicts(self) -> list[dict[str, Any]]:
        """The results, without pandas."""
        return list(StudyDir(self.directory).rows())

    def __repr__(self) -> str:
        return f"Study({str(self.directory)!r}, {several(len(self.to_dicts()), 'cell')} ended)"

    def _repr_html_(self) -> str:
        found = read_results(self.directory)
        names = ["method", "task", "variant", "shots", "seed", "budget", "status", "score"]
        lines = [
            [*(str(row.get(name) or "–") for name in names[:-1]), ratio(number(row.get("score")))]
            for row in self.to_dicts()
        ]
        return table(found.study_file.name, names, lines, lead(found))


def _value(text: str) -> Any:
    """A cell of a CSV file: a number where it is one, None where it is empty."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text or None


def study(
    study: str | PathLike[str] | Mapping[str, Any],
    *,
    out: str | PathLike[str] | None = None,
    set: Settings = (),
    workers: int = 1,
    retry_failed: bool = False,
) -> Study:
    """Run what is left of a study in worker processes, write its report; as `evokd study` does.

    In a script call it under `if __name__ == "__main__":`, since workers import the script anew.
    Workers know methods and roles of plug-ins (`plugins:` of the study, entry points); what a
    notebook registered they don't.

    Args:
        study: Path of a study file, or a mapping as such a file holds it (paths relative to the
            current directory).
        out: The study's folder; by default `studies/NAME`. Given again it goes on.
        set: Fields that are other.
        workers: Local processes.
        retry_failed: Try failed cells again.

    Returns:
        The study, also where cells failed: look at `.failed`.

    Raises:
        ConfigError: a wrong field, or cells that can't run, before anything is started.
        Interrupted: Ctrl-C, once the cells in progress had ended in order.
    """
    raw, here, origin = raw_of(study)
    config = made_study(raw, here.resolve(), origin, overrides_of(set))
    grid = Grid.of(config, here.resolve(), None if out is None else Path(out))
    with grid.folder.locked():
        grid.begin()
        pending = grid.pending(retry_failed)
        listen = listening_to(grid)
        through = not pending or grid.work(pending, workers=workers, listen=listen)
        rows = grid.settle()
        write_report(grid.folder.path)
        for warning in tell_trackers(grid, rows, through) if pending else ():
            LOG.warning("%s", warning)
    if not through:
        raise Interrupted(grid.folder.path, "the same call")
    return Study(grid.folder.path)


def load_study(directory: str | PathLike[str]) -> Study:
    """A study's folder, finished or not.

    Raises:
        ConfigError: it holds none.
    """
    return Study.load(directory)
