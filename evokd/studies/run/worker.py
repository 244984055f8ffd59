"""One cell, from its config to its row of results; and the process that works cell after cell.

A worker process keeps what is dear between cells: imports, the embedded server, verified weights.
It is pinned to its cores before anything counts them.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import shutil
import signal
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from evokd.config import Config, ConfigError
from evokd.ledger.call import UNBILLED
from evokd.store.events import Called, Event, Listener
from evokd.store.run_dir import RunDir
from evokd.studies.grid.cells import Cell
from evokd.studies.grid.config import MeasureConfig, StudyConfig
from evokd.studies.grid.order import taking
from evokd.studies.run import cores
from evokd.studies.run.measure import measure
from evokd.studies.run.record import JsonRow, result_row
from evokd.studies.run.worker_start import PRELOADED
from graph.driving import Outcome
from graph.session import resume, start

PULSE_S = 1.0
"""Least seconds between two messages about tokens."""
PATIENCE_S = 30.0
"""How long a cell waits for the process of an earlier start to let go of its run."""


Listening = Callable[[Config, Path, Path], AbstractContextManager[tuple[Listener, ...]]]
"""Makes listeners for a cell's run out of its config, its directory and the study's folder; it is
sent to the worker processes."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all cells of a study."""

    keep_student: bool = True
    asked: MeasureConfig = field(default_factory=MeasureConfig)
    """What is measured of each."""
    draws: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict)
    """Task → shots and seed of its cells."""
    listen: Listening | None = None
    """Who else hears the runs."""
    calls: bool = False
    """Each call is told as it ends, not only what was billed."""

    @classmethod
    def of(
        cls,
        study: StudyConfig,
        cells: Iterable[Cell],
        listen: Listening | None = None,
        *,
        calls: bool = False,
    ) -> Terms:
        """Those of a study."""
        draws: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        for cell in cells:
            draws[cell.axes.task].add((cell.config.task.shots, cell.config.seed))
        whole = {task: frozenset(found) for task, found in draws.items()}
        return cls(study.keep_students, study.study, whole, listen, calls)


@dataclass(frozen=True, slots=True)
class Job:
    """A cell to be run."""

    cell: Cell
    study: Path
    """The study's folder."""
    run: str
    """The run's directory, relative to that."""
    terms: Terms = field(default_factory=Terms)
    takes: str | None = None
    """Directory of the run that the cell takes, relative to the study's."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Message of a worker: billed tokens of its cell, so far and in this process."""

    tokens: int


@dataclass(frozen=True, slots=True)
class CallEnded:
    """Message of a worker: a call of its cell, without what was said in it."""

    call: Called


@dataclass(frozen=True, slots=True)
class Ended:
    """Message of a worker: the cell's row; None when it was interrupted, and can be resumed."""

    row: JsonRow | None


Tell = Callable[[Spending | CallEnded], None]


def _never() -> bool:
    return False


def work_on(job: Job, tell: Tell, stopped: Callable[[], bool] = _never) -> JsonRow | None:
    """Begin or resume the cell's run and work on it until it ends; gives its row of results.

    Whatever goes wrong is the cell's: it becomes a row that says so.

    Args:
        job: The cell.
        tell: Hears the billed tokens now and then; each call, where the job's terms say so.
        stopped: Whether an interrupt came that the run, at its very end, had no use for.

    Returns:
        None when it was interrupted in order.
    """
    run = RunDir(job.study / job.run)
    try:
        with _listeners(job, run) as others:
            outcome = _run(run_config(job), run, (_Meter(tell, job.terms.calls), *others))
        if outcome.status == "done" and stopped():
            return None
        row = _done(job, run, outcome.reason) if outcome.status == "done" else None
    except KeyboardInterrupt:
        return None
    except Exception as error:
        if not isinstance(error, ConfigError):
            _leave(run, traceback.format_exc())
        said = str(error) if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"
        return result_row(job.cell, run, "failed", said, job.run)
    if outcome.status == "interrupted":
        return None
    if row is None:
        return result_row(job.cell, run, "failed", outcome.reason, job.run)
    # what a resume would need; with the embedded student 180 MB a run
    shutil.rmtree(run.student_states, ignore_errors=True)
    if not job.terms.keep_student:
        shutil.rmtree(run.student, ignore_errors=True)
    return row


def run_config(job: Job) -> Config:
    """The cell's config; of one that follows another, with that one's run."""
    config = job.cell.config
    return config if job.takes is None else taking(config, str((job.study / job.takes).resolve()))


def _done(job: Job, run: RunDir, reason: str) -> JsonRow:
    """The row of a run that is done, with what the study measures besides."""
    row = result_row(job.cell, run, "done", reason, job.run)
    draws = job.terms.draws.get(job.cell.axes.task, ())
    return row | measure(job.cell.config, run, job.study, job.terms.asked, row, draws)


def _listeners(job: Job, run: RunDir) -> AbstractContextManager[tuple[Listener, ...]]:
    listen = job.terms.listen
    if listen is None:
        return contextlib.nullcontext(())
    return listen(job.cell.config, run.path, job.study)


def _run(config: Config, run: RunDir, hear: tuple[Listener, ...]) -> Outcome:
    if run.run_file.is_file():
        _await_lock(run)
        return resume(run.path, hear)
    if run.path.exists():  # killed while it was laid out: nothing was spent
        shutil.rmtree(run.path)
    return start(config, run.path, hear)


def _await_lock(run: RunDir) -> None:
    """The worker of a driver that was killed may need a moment to notice."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(ConfigError), run.locked():
            return
        time.sleep(0.05)


def _leave(run: RunDir, text: str) -> None:
    """The traceback, beside the run for whoever wants to know."""
    with contextlib.suppress(OSError):
        run.path.parent.mkdir(parents=True, exist_ok=True)
        run.path.with_suffix(".error.txt").write_text(text, encoding="utf-8")


class _Meter:
    """A listener that adds up what a run is billed, and may tell of each call."""

    def __init__(self, tell: Tell, calls: bool) -> None:
        self._tell, self._calls, self._tokens, self._told = tell, calls, 0, 0.0

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Called):
            return
        if self._calls:
            self._tell(CallEnded(event.model_copy(update={"messages": [], "reply": None})))
        if event.status in UNBILLED:
            return
        self._tokens += event.prompt_tokens + event.completion_tokens
        if time.monotonic() - self._told >= PULSE_S:
            self._told = time.monotonic()
            self._tell(Spending(self._tokens))


def serve(pipe: Connection, own_cores: Sequence[int]) -> None:
    """A worker process: says that it is ready (None), then answers each job until the pipe closes.

    SIGINT lets the cell's step in progress end, a second one gives up what is in flight. Ctrl-C of
    a terminal goes to the driver alone, which passes it on. Should the driver die, the process
    ends at once, as its run would with it.
    """
    with contextlib.suppress(OSError):
        os.setsid()
    cores.pin(own_cores)
    os.environ["OMP_NUM_THREADS"] = str(max(1, len(own_cores)))
    threading.Thread(target=_follow_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        warm_up()
        pipe.send(None)
        while True:
            job: Job | None = pipe.recv()
            if job is None:  # an interrupt that came after the work
                return
            row = work_on(job, pipe.send, pipe.poll)
            pipe.send(Ended(row))


def warm_up() -> None:
    """The imports that a run begins with: seconds that are no cell's."""
    for name in PRELOADED:
        importlib.import_module(name)


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
