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

from evokd.config import ROLES, Config, ConfigError
from evokd.studies import cores
from evokd.studies.cells import Cell
from evokd.studies.folder import StudyDir
from evokd.studies.forge import context
from evokd.studies.interrupts import Interrupts
from evokd.studies.news import Hear, News, ended
from evokd.studies.record import Row, result_row
from evokd.studies.worker import Ended, Job, Spending, serve

TICK_S = 0.25
LEAVE_S = 5.0
STILLBORN = 3
"""Workers in a row that died before their first cell: then something is wrong with all of them."""


@dataclass(slots=True, eq=False)
class Hand:
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
    return any(endpoint.embedded for role in ROLES for endpoint in config.teachers.of(role))


class Crew:
    """The workers, and the cells that are still to be run."""

    def __init__(
        self, study: StudyDir, cells: Sequence[Cell], workers: int, keep_students: bool, hear: Hear
    ) -> None:
        self._study, self._keep, self._hear = study, keep_students, hear
        self._pending = deque(cells)
        self._free = deque(cores.shares(cores.usable(), workers))
        self._hands: list[Hand] = []
        self._leaving: list[Hand] = []
        """Workers that were told there is nothing more to do."""
        self._stillborn = 0
        self._interrupts, self._passed_on = Interrupts(), 0

    def work(self) -> bool:
        """Run all cells; False when it was interrupted."""
        with self._interrupts.heard():
            try:
                self._staff()
                while self._hands:
                    self._pass_on()
                    self._look()
                    self._staff()
            finally:
                self._dismiss()
        return not self._interrupts.count

    def _staff(self) -> None:
        """A worker for each free set of cores, as long as there are cells for them."""
        if self._interrupts.count:
            return
        starting = sum(hand.cell is None for hand in self._hands)
        while self._free and len(self._pending) > starting:
            starting += 1
            own = self._free.popleft()
            here, there = multiprocessing.Pipe()
            process = _process(there, own)
            with _unheard_interrupts():
                process.start()
            there.close()
            self._hands.append(Hand(process, here, own))

    def _look(self) -> None:
        """Take in what the workers have to say; a dead one's last words come first."""
        by_pipe = {hand.pipe: hand for hand in self._hands}
        by_sentinel = {hand.process.sentinel: hand for hand in self._hands}
        for item in wait([*by_pipe, *by_sentinel], TICK_S):
            if isinstance(item, Connection):
                self._read(by_pipe[item])
        for sentinel, hand in by_sentinel.items():
            if hand in self._hands and wait([sentinel], 0):
                self._read(hand)
                self._bury(hand)

    def _read(self, hand: Hand) -> None:
        try:
            while hand.pipe.poll():
                self._take(hand, hand.pipe.recv())
        except (EOFError, OSError):
            return

    def _take(self, hand: Hand, message: Spending | Ended | None) -> None:
        match message:
            case None:
                hand.ready, self._stillborn = True, 0
                self._give(hand)
            case Spending():
                assert hand.cell is not None
                self._hear(News("spent", hand.cell, message.tokens))
            case Ended():
                self._ended(hand, message.row)
                self._give(hand)

    def _give(self, hand: Hand) -> None:
        """The next cell; a worker without one ends."""
        if not self._pending or self._interrupts.count:
            hand.pipe.close()
            self._remove(hand)
            self._leaving.append(hand)
            return
        cell = hand.cell = self._pending.popleft()
        self._hear(News("begun", cell))
        with contextlib.suppress(OSError):  # it has died meanwhile: its sentinel will tell
            hand.pipe.send(Job(cell, self._study.path, self._study.relative(cell), self._keep))

    def _ended(self, hand: Hand, row: Row | None) -> None:
        cell, hand.cell = hand.cell, None
        assert cell is not None
        if row is None:
            self._hear(News("interrupted", cell))
            return
        self._study.append(row)
        self._hear(ended(cell, row))

    def _bury(self, hand: Hand) -> None:
        """A worker that died: its cell has failed, its cores are free for another."""
        if hand not in self._hands:  # its last words were the cell's row, and no more cells
            return
        hand.process.join()
        code = hand.process.exitcode or 0
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        if hand.cell is not None and not self._interrupts.count:
            reason = f"the worker process died ({how})"
            where = self._study.relative(hand.cell)
            run = self._study.run(hand.cell)
            self._ended(hand, result_row(hand.cell, run, "failed", reason, where))
        elif hand.cell is not None:
            self._ended(hand, None)
        if not hand.ready:
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise RuntimeError(f"worker processes die at their start ({how})")
        hand.pipe.close()
        self._remove(hand)

    def _remove(self, hand: Hand) -> None:
        self._hands.remove(hand)
        self._free.append(hand.cores)

    def _pass_on(self) -> None:
        """Interrupts go to the workers that are at work; the others have nothing to end."""
        while self._passed_on < self._interrupts.count:
            self._passed_on += 1
            for hand in list(self._hands):
                if hand.cell is None:
                    hand.process.kill()
                    hand.pipe.close()
                    self._remove(hand)
                elif self._passed_on > 2:
                    hand.process.kill()
                elif hand.process.pid is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(hand.process.pid, signal.SIGINT)

    def _dismiss(self) -> None:
        for hand in self._hands:
            hand.process.kill()
            hand.process.join()
            hand.pipe.close()
        for hand in self._leaving:
            hand.process.join(LEAVE_S)
            if hand.process.is_alive():
                hand.process.kill()


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
