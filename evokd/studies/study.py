"""A study from its file to its rows: what is to be run, what is left of it, and the working.

```
study = Study.load(Path("examples/studies/few_shot.yaml"))
with study.folder.locked():
    study.begin()
    study.work(study.pending(), workers=2)
    rows = study.settle()
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evokd.studies.grid.cells import Cell, Grid, expand
from evokd.studies.grid.check import check_all
from evokd.studies.grid.config import StudyConfig, load_study
from evokd.studies.run.folder import Changes, StudyDir
from evokd.studies.run.measure import unmeasured
from evokd.studies.run.progress import ProgressListener
from evokd.studies.run.record import JsonRow
from evokd.studies.run.worker import Listening, Terms
from evokd.studies.run.worker_pool import WorkerPool, check_workers


@dataclass(frozen=True)
class Study:
    """A study whose cells can all be run."""

    config: StudyConfig
    cells: tuple[Cell, ...]
    folder: StudyDir

    @classmethod
    def load(
        cls,
        file: Path,
        overrides: Iterable[str] = (),
        out: Path | None = None,
        *,
        keys: bool = True,
    ) -> Study:
        """Read and check; nothing is written.

        Args:
            file: The study file.
            overrides: `a.b=value` for its fields.
            out: The study's folder; by default `studies/<name>`.
            keys: Look for the teachers' keys in the environment (on Ray, the nodes have them).

        Raises:
            ConfigError: a wrong field, or cells that can't run, all of them.
        """
        return cls.of(load_study(file, overrides), file.resolve().parent, out, keys=keys)

    @classmethod
    def of(
        cls, config: StudyConfig, here: Path, out: Path | None = None, *, keys: bool = True
    ) -> Study:
        """The same of a study that is read; its paths are relative to `here`."""
        grid: Grid = expand(config, here)
        check_all(grid, keys)
        folder = StudyDir((out or Path("studies") / config.name).resolve())
        return cls(config, folder.adopt(grid.cells), folder)

    @property
    def unknown(self) -> int:
        """Finished cells that are kept from before ids said what made them."""
        return sum(cell.made_by is None for cell in self.cells)

    def begin(self, command: Iterable[str] = ()) -> Changes | None:
        """Lay out the folder; says what changed since an earlier start, None for nothing."""
        return self.folder.begin(self.config, self.cells, command)

    def pending(self, retry_failed: bool = False) -> list[Cell]:
        """Cells that are to be run, in order; finished ones that lack a measure are among them."""
        rows = {row["cell"]: row for row in self.folder.rows()}
        return [cell for cell in self.cells if self._due(cell, rows.get(cell.id), retry_failed)]

    def _due(self, cell: Cell, row: JsonRow | None, retry_failed: bool) -> bool:
        if row is None or row["status"] == "failed":
            return row is None or retry_failed
        there = self.folder.run(cell).run_file.is_file()
        return there and unmeasured(row, self.config.study, cell.config.method)

    def work(
        self,
        cells: Sequence[Cell],
        *,
        workers: int = 1,
        ray: str | None = None,
        hear: ProgressListener = lambda _: None,
        listen: Listening | None = None,
        calls: bool = False,
    ) -> bool:
        """Run cells; rows of results are written as they end.

        Args:
            cells: Those to be run.
            workers: Local processes.
            ray: Address of a Ray cluster, instead of local processes.
            hear: Hears what happens.
            listen: Makes listeners for the runs, in the workers.
            calls: `hear` hears each call as it ends; not of Ray, whose tasks tell their rows alone.

        Returns:
            False when it was interrupted; the same call goes on with it.

        Raises:
            ConfigError: more workers than the machine has cores for, or no Ray.
        """
        terms = Terms.of(self.config, self.cells, listen, calls=calls)
        if ray is not None:
            from evokd.studies.run.ray_pool import RayPool

            return RayPool(ray, self.folder, cells, self.config.resources, terms, hear).work()
        check_workers(cells, workers)
        return WorkerPool(self.folder, cells, workers, terms, hear).work()

    def settle(self) -> list[JsonRow]:
        """Put the results in order, write the curves; gives the results."""
        return self.folder.settle(self.config, self.cells)
