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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from evokd.config import ConfigError
from evokd.ledger.call import UNBILLED
from evokd.store.events import Called, Event
from evokd.store.run_dir import RunDir
from evokd.studies.grid.cells import Cell
from evokd.studies.run import cores
from evokd.studies.run.record import JsonRow, result_row
from evokd.studies.run.worker_start import PRELOADED
from graph.session import Outcome, resume, start

PULSE_S = 1.0
"""Least seconds between two messages about tokens."""
PATIENCE_S = 30.0
"""How long a cell waits for the process of an earlier start to let go of its run."""


@dataclass(frozen=True, slots=True)
class Job:
    """A cell to be run."""

    cell: Cell
    study: Path
    """The study's folder."""
    run: str
    """The run's directory, relative to that."""
    keep_student: bool


@dataclass(frozen=True, slots=True)
class Spending:
    """Message of a worker: billed tokens of its cell, so far and in this process."""

    tokens: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Message of a worker: the cell's row; None when it was interrupted, and can be resumed."""

    row: JsonRow | None


def work_on(job: Job, tell: Callable[[int], None]) -> JsonRow | None:
    """Begin or resume the cell's run and work on it until it ends; gives its row of results.

    Whatever goes wrong is the cell's: it becomes a row that says so.

    Args:
        job: The cell.
        tell: Hears the billed tokens now and then.

    Returns:
        None when it was interrupted in order.
    """
    run = RunDir(job.study / job.run)
    try:
        outcome = _run(job.cell, run, _Meter(tell))
    except KeyboardInterrupt:
        return None
    except Exception as error:
        if not isinstance(error, ConfigError):
            _leave(run, traceback.format_exc())
        said = str(error) if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"
        return result_row(job.cell, run, "failed", said, job.run)
    if outcome.status == "interrupted":
        return None
    if outcome.status == "failed":
        return result_row(job.cell, run, "failed", outcome.reason, job.run)
    row = result_row(job.cell, run, "done", outcome.reason, job.run)
    # what a resume would need; with the embedded student 180 MB a run
    shutil.rmtree(run.student_states, ignore_errors=True)
    if not job.keep_student:
        shutil.rmtree(run.student, ignore_errors=True)
    return row


def _run(cell: Cell, run: RunDir, hear: Callable[[Event], None]) -> Outcome:
    if run.run_file.is_file():
        _await_lock(run)
        return resume(run.path, (hear,))
    if run.path.exists():  # killed while it was laid out: nothing was spent
        shutil.rmtree(run.path)
    return start(cell.config, run.path, (hear,))


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
    """A listener that adds up what a run is billed."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._tokens, self._told = tell, 0, 0.0

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Called) or event.status in UNBILLED:
            return
        self._tokens += event.prompt_tokens + event.completion_tokens
        if time.monotonic() - self._told >= PULSE_S:
            self._told = time.monotonic()
            self._tell(self._tokens)


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
            job: Job = pipe.recv()
            pipe.send(Ended(work_on(job, lambda tokens: pipe.send(Spending(tokens)))))


def warm_up() -> None:
    """The imports that a run begins with: seconds that are no cell's."""
    for name in PRELOADED:
        importlib.import_module(name)


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
