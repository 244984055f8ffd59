"""Who hears a run for its trackers: it begins them, tells them of rounds, and ends them.

```
with tracking(config, folder, say=print) as listeners:
    start(config, folder, listeners)
```
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast, get_args

from evokd.config import Config
from evokd.runs.run import read_run
from evokd.runs.totals import read_totals
from evokd.store.events import Begun, Event, Listener, Scored, Stopped
from evokd.store.run_dir import RunDir, read_lines
from evokd.tracking.figure import draw_run
from evokd.tracking.record import Record
from evokd.tracking.tracker import End, Page, Scalar
from evokd.tracking.values import config_values
from evokd.tracking.worker import PATIENCE_S, Finish, TrackerWorker

FOLDER = "tracking"
"""Of what trackers keep on this machine; in the run's directory, or in the study's folder."""
DIED = "it ended without a word"


class Trackers:
    """Hears a session of a run. Nothing here raises: what fails is said when it is closed."""

    def __init__(
        self,
        config: Config,
        run: Path,
        group: str | None = None,
        home: Path | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Nothing is begun before the run has.

        Args:
            config: Names the trackers; what they are told of it stands in the run's directory.
            run: Its directory, which need not be there yet.
            group: Name of its study; None: a run alone, or what was noted when it was begun.
            home: Folder of the study.
            patience_s: See `evokd.tracking.worker`.
        """
        self._config, self._run, self._group, self._home = config, run, group, home
        self._patience_s = patience_s
        self._workers: list[TrackerWorker] = []
        self._fault: str | None = None

    def __call__(self, event: Event) -> None:
        """Hear an event."""
        try:
            self._hear(event)
        except Exception as error:
            self._fault = self._fault or f"track: {type(error).__name__}: {error}"

    def close(self) -> list[str]:
        """End what is not over, wait for it; gives warnings, one a tracker at most."""
        self._end("failed", DIED)
        said = [self._fault, *(worker.close() for worker in self._workers)]
        self._workers = []
        return [one for one in said if one is not None]

    def _hear(self, event: Event) -> None:
        match event:
            case Begun() if not self._workers:  # one listener hears one session
                self._begin(event.run)
            case Scored():
                for worker in self._workers:
                    worker.step()
            case Stopped():
                known = event.status in get_args(End)
                self._end(cast(End, event.status) if known else "failed", event.reason)

    def _begin(self, id: str) -> None:
        record = Record.read(self._run)
        if self._group is not None and self._home is not None:
            record.group = self._group
            record.home = os.path.relpath(self._home, self._run)
        home = (self._run / (record.home or ".")).resolve() / FOLDER
        page = page_of(self._config.name, self._run, id, record.group, home)
        values = config_values(RunDir(self._run).config())  # as it is now: limits may be new
        for name in self._config.track:
            self._workers.append(
                TrackerWorker(name, page, values, self._run, record, self._patience_s)
            )

    def _end(self, status: End, reason: str) -> None:
        finish = Finish(
            status,
            lambda: summary_of(self._run, reason),
            Drawing(self._run) if status == "done" else tuple,
        )
        for worker in self._workers:
            worker.end(finish)


class Drawing:
    """The run's figures: drawn by the first tracker that asks, in its thread."""

    def __init__(self, run: Path) -> None:
        self._run, self._lock = run, threading.Lock()
        self._paths: Sequence[Path] | None = None

    def __call__(self) -> Sequence[Path]:
        """Their paths."""
        with self._lock:
            if self._paths is None:
                self._paths = draw_run(self._run)
            return self._paths


def page_of(name: str, run: Path, id: str, group: str | None, home: Path) -> Page:
    """Where a run stands; its name has a piece of its id, for folders can have equal names."""
    own = run.name if group is None else name.removeprefix(f"{group}-")
    return Page(group or name, f"{own}-{id[:6]}", group, home, id)


def summary_of(run: Path, reason: str) -> Mapping[str, Scalar]:
    """What is told at the end: the reason, and the books, which may go beyond the last round."""
    billed = read_totals(read_run(run), "edge")["billed"]
    lines = read_lines(RunDir(run).metrics)
    return {
        "reason": reason,
        "rounds": lines[-1]["round"] if lines else None,
        "calls": billed["calls"],
        "tokens": billed["prompt_tokens"] + billed["completion_tokens"],
        "usd": billed["usd"],
    }


@contextlib.contextmanager
def tracking(
    config: Config,
    run: Path,
    group: str | None = None,
    home: Path | None = None,
    *,
    say: Callable[[str], None],
) -> Iterator[tuple[Listener, ...]]:
    """The listeners to add; on the way out trackers are ended, and what they lack is said.

    Args:
        config: Of the run.
        run: Its directory.
        group: See `Trackers`.
        home: See `Trackers`.
        say: Hears a warning, one a tracker.
    """
    if not config.track:
        yield ()
        return
    trackers = Trackers(config, run, group, home)
    try:
        yield (trackers,)
    finally:
        for warning in trackers.close():
            say(warning)
