"""Trackers of a study: a group with a run for each cell, and one of the study with its figures."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from evokd.config import Config, TrackerName
from evokd.store.events import Listener
from evokd.tracking.listener import FOLDER, tracking
from evokd.tracking.record import Record
from evokd.tracking.tracker import End, Page, Scalar
from evokd.tracking.worker import Finish, TrackerWorker


@dataclass(frozen=True, slots=True)
class CellTrackers:
    """Makes the listeners of a cell's run, in the process that works on it."""

    study: str
    """The study's name."""

    def __call__(
        self, config: Config, run: Path, study: Path
    ) -> AbstractContextManager[tuple[Listener, ...]]:
        """Those of a cell.

        Args:
            config: Of the cell.
            run: Its directory.
            study: The study's folder. A node of a cluster that does not share it has another one,
                which nobody keeps: there all lies in the run's own, which is sent back.
        """
        home = study if (study / "study.yaml").is_file() else run
        # what fails is written in the run's tracking.json, where the study's driver finds it
        return tracking(config, run, self.study, home, say=lambda warning: None)


def trackers_of(configs: Iterable[Config]) -> tuple[TrackerName, ...]:
    """All trackers that some cell names, in order."""
    return tuple(dict.fromkeys(name for config in configs for name in config.track))


def listening(study: str, configs: Iterable[Config]) -> CellTrackers | None:
    """What hears the cells; None where no cell has a tracker."""
    return CellTrackers(study) if trackers_of(configs) else None


def tell_study(
    name: str,
    folder: Path,
    trackers: Sequence[TrackerName],
    status: End,
    summary: Mapping[str, Scalar],
) -> Iterator[str]:
    """Tell the trackers how the study stands: its figures, its numbers; gives warnings.

    Args:
        name: Of the study.
        folder: Its own, with the report written.
        trackers: Those of its cells.
        status: How it stands.
        summary: Its numbers, and the `reason`.
    """
    record = Record.read(folder)
    page = Page(name, f"study-{uuid.uuid4().hex[:6]}", name, folder / FOLDER, uuid.uuid4().hex[:12])
    finish = Finish(status, lambda: summary, lambda: sorted((folder / "figures").glob("*.png")))
    workers = [
        TrackerWorker(one, page, {"study": name, "is_study": True}, folder, record)
        for one in trackers
    ]
    for worker in workers:
        worker.end(finish)
    for worker in workers:
        if (warning := worker.close()) is not None:
            yield warning


def shortfalls(runs: Iterable[Path]) -> Iterator[str]:
    """What trackers lack of the runs of cells, one line a tracker."""
    lacking: dict[str, list[str]] = {}
    whole: dict[str, int] = {}
    for run in runs:
        for name, one in Record.read(run).trackers.items():
            whole[name] = whole.get(name, 0) + 1
            if one.failed is not None:
                lacking.setdefault(name, []).append(one.failed)
    for name, failed in lacking.items():
        said = f"{name}: {len(failed)} of {whole[name]} runs are not there as a whole"
        yield f"{said} ({failed[0]}); the study is not touched by it"


def pages_of(folder: Path) -> Mapping[str, str]:
    """Tracker → how to see a run, or a study, there; of a folder with `tracking.json`."""
    found = Record.read(folder).trackers
    return {name: one.look for name, one in found.items() if one.look is not None}
