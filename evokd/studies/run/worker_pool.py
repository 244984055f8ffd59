"""The cells of a study on this machine: persistent worker processes, one cell at a time each.

A cell that fails, be it with its process, becomes a row that says so, and the rest goes on. Ctrl-C
and SIGTERM end the steps in progress in order; what was begun is resumed by the next start.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from evokd.config import Config, ConfigError
from evokd.studies.grid.cells import Cell
from evokd.studies.run import cores
from evokd.studies.run.folder import StudyDir
from evokd.studies.run.interrupts import Interrupts
from evokd.studies.run.progress import CellProgress, ProgressListener, ended, stopping
from evokd.studies.run.queue import CellQueue, lost_reason
from evokd.studies.run.record import JsonRow, result_row
from evokd.studies.run.worker import CallEnded, Ended, Job, Spending, Terms, serve
from evokd.studies.run.worker_start import context

TICK_S = 0.25
LEAVE_S = 5.0
STILLBORN = 3
"""Workers in a row that died before their first cell: then something is wrong with all of them."""


@dataclass(slots=True, eq=False)
class Worker:
    """A worker as the driver sees it."""

    process: BaseProcess
    pipe: Connection
    cores: tuple[int, ...]
    ready: bool = False
    cell: Cell | None = None


def check_workers(cells: Sequence[Cell], workers: int) -> None:
    """Embedded teachers and their students' training need cores of their own.

    Raises:
        ConfigError: more workers than cores with an embedded teacher; remote ones may have more,
            for their workers mostly wait.
    """
    usable = len(cores.usable())
    if workers > usable and any(_embedded(cell.config) for cell in cells):
        raise ConfigError(
            f"--workers: expected at most {usable}, got {workers}: this process may use {usable}"
            " cores, and embedded teachers must not share them"
        )


def _embedded(config: Config) -> bool:
    return any(endpoint.embedded for endpoint in config.teachers.every())


class WorkerPool:
    """The workers, and the cells that are still to be run."""

    def __init__(
        self,
        study: StudyDir,
        cells: Sequence[Cell],
        workers: int,
        terms: Terms,
        hear: ProgressListener,
    ) -> None:
        self._study, self._terms, self._hear = study, terms, hear
        self._pending = CellQueue(cells, {row["cell"]: row["status"] for row in study.rows()})
        self._free = deque(cores.shares(cores.usable(), workers))
        self._workers: list[Worker] = []
        self._leaving: list[Worker] = []
        """Workers that were told there is nothing more to do."""
        self._stillborn = 0
        self._interrupts, self._passed_on = Interrupts(), 0

    def work(self) -> bool:
        """Run all cells; False when it was interrupted."""
        with self._interrupts.heard():
            try:
                self._staff()
                while self._workers:
                    self._pass_on()
                    self._look()
                    self._staff()
            finally:
                self._dismiss()
        return not self._interrupts.count

    def _staff(self) -> None:
        """A worker for each free set of cores, as long as there are cells for them.

        One that has nothing to do, because the cells left wait for others, stays at hand.
        """
        if self._interrupts.count:
            return
        starting = sum(worker.cell is None for worker in self._workers)
        while self._free and len(self._pending) > starting:
            starting += 1
            own = self._free.popleft()
            here, there = multiprocessing.Pipe()
            process = _process(there, own)
            with _unheard_interrupts():
                process.start()
            there.close()
            self._workers.append(Worker(process, here, own))

    def _look(self) -> None:
        """Take in what the workers have to say; a dead one's last words come first."""
        by_pipe = {worker.pipe: worker for worker in self._workers}
        by_sentinel = {worker.process.sentinel: worker for worker in self._workers}
        for item in wait([*by_pipe, *by_sentinel], TICK_S):
            if isinstance(item, Connection):
                self._read(by_pipe[item])
        for sentinel, worker in by_sentinel.items():
            if worker in self._workers and wait([sentinel], 0):
                self._read(worker)
                self._bury(worker)

    def _read(self, worker: Worker) -> None:
        try:
            while worker.pipe.poll():
                self._take(worker, worker.pipe.recv())
        except (EOFError, OSError):
            return

    def _take(self, worker: Worker, message: Spending | CallEnded | Ended | None) -> None:
        match message:
            case None:
                worker.ready, self._stillborn = True, 0
                self._give(worker)
            case Spending():
                assert worker.cell is not None
                self._hear(CellProgress("spent", worker.cell, message.tokens))
            case CallEnded():
                assert worker.cell is not None
                self._hear(CellProgress("called", worker.cell, call=message.call))
            case Ended():
                self._ended(worker, message.row)
                for idle in [one for one in self._workers if one.ready and one.cell is None]:
                    self._give(idle)

    def _give(self, worker: Worker) -> None:
        """The next cell; a worker ends when there are none left."""
        self._give_up_hopeless()
        if not self._pending or self._interrupts.count:
            worker.pipe.close()
            self._remove(worker)
            self._leaving.append(worker)
            return
        cell = worker.cell = self._pending.next()
        if cell is None:  # all that are left wait for others
            return
        self._hear(CellProgress("begun", cell))
        with contextlib.suppress(OSError):  # it has died meanwhile: its sentinel will tell
            worker.pipe.send(job_of(self._study, cell, self._terms))

    def _give_up_hopeless(self) -> None:
        while (cell := self._pending.hopeless()) is not None:
            where = self._study.relative(cell)
            row = result_row(cell, self._study.run(cell), "failed", lost_reason(cell), where)
            self._pending.ended(cell, "failed")
            self._study.append(row)
            self._hear(ended(cell, row))

    def _ended(self, worker: Worker, row: JsonRow | None) -> None:
        cell, worker.cell = worker.cell, None
        assert cell is not None
        self._pending.ended(cell, None if row is None else str(row["status"]))
        if row is None:
            self._hear(CellProgress("interrupted", cell))
            return
        self._study.append(row)
        self._hear(ended(cell, row))

    def _bury(self, worker: Worker) -> None:
        """A worker that died: its cell has failed, its cores are free for another."""
        if worker not in self._workers:  # its last words were the cell's row, and no more cells
            return
        worker.process.join()
        code = worker.process.exitcode or 0
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        if worker.cell is not None and not self._interrupts.count:
            reason = f"the worker process died ({how})"
            where = self._study.relative(worker.cell)
            run = self._study.run(worker.cell)
            self._ended(worker, result_row(worker.cell, run, "failed", reason, where))
        elif worker.cell is not None:
            self._ended(worker, None)
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise RuntimeError(f"worker processes die at their start ({how})")
        worker.pipe.close()
        self._remove(worker)
        for idle in [one for one in self._workers if one.ready and one.cell is None]:
            self._give(idle)

    def _remove(self, worker: Worker) -> None:
        self._workers.remove(worker)
        self._free.append(worker.cores)

    def _pass_on(self) -> None:
        """Interrupts go to the workers that are at work; the others have nothing to end."""
        while self._passed_on < self._interrupts.count:
            self._passed_on += 1
            for worker in list(self._workers):
                if worker.cell is None:
                    worker.process.kill()
                    worker.pipe.close()
                    self._remove(worker)
                elif self._passed_on > 2:
                    worker.process.kill()
                elif worker.process.pid is not None:
                    self._hear(stopping(worker.cell, again=self._passed_on > 1))
                    with contextlib.suppress(OSError):
                        worker.pipe.send(None)  # a run at its very end hears no signal
                        os.kill(worker.process.pid, signal.SIGINT)

    def _dismiss(self) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
        for worker in self._leaving:
            worker.process.join(LEAVE_S)
            if worker.process.is_alive():
                worker.process.kill()


def job_of(study: StudyDir, cell: Cell, terms: Terms) -> Job:
    """What a worker needs to know of a cell."""
    takes = None if cell.follows is None else study.relative_to(cell.follows)
    return Job(cell, study.path, study.relative(cell), terms, takes)


def _process(pipe: Connection, own_cores: Sequence[int]) -> BaseProcess:
    chosen: Any = context()  # typed without `Process`
    made: BaseProcess = chosen.Process(target=serve, args=(pipe, own_cores), daemon=True)
    return made


@contextlib.contextmanager
def _unheard_interrupts() -> Iterator[None]:
    """A process started inside ignores SIGINT until it says otherwise: no half-made worker."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
