"""One tracker of one run: a thread that tells it what the run has written, round by round.

The run never waits for it but at the very end, and there as long as something moves. What fails is
tried again at the next round, which then tells all that is missing; what still lacks at the end is
said once.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evokd.config import TrackerName
from evokd.tracking.record import Record
from evokd.tracking.rounds import closed_rounds
from evokd.tracking.tracker import End, Page, Scalar, Tracker
from evokd.tracking.trackers import tracker as find_tracker

PATIENCE_S = 60.0
"""At the end: how long without any move before a tracker is given up; importing one takes 15."""


@dataclass(frozen=True, slots=True)
class Finish:
    """How a session ended, and what is told of it then; both are made in the tracker's thread."""

    status: End
    summary: Callable[[], Mapping[str, Scalar]]
    figures: Callable[[], Iterable[Path]]


class TrackerWorker:
    """The thread of one tracker. None of its methods raises."""

    def __init__(
        self,
        name: TrackerName,
        page: Page,
        config: Mapping[str, Scalar],
        run: Path,
        record: Record,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Begin at once.

        Args:
            name: Of the tracker.
            page: Where the run stands in it.
            config: Of the run.
            run: Its directory.
            record: What was told in earlier sessions.
            patience_s: See `PATIENCE_S`.
        """
        self.name, self._page, self._config = name, page, config
        self._run, self._record, self._own = run, record, record.of(name)
        self._patience_s = patience_s
        self._tracker: Tracker | None = None
        self._fault: str | None = None
        """What went wrong and has not come right since."""
        self._over = False
        self._moved = time.monotonic()
        self._jobs: queue.SimpleQueue[Finish | None] = queue.SimpleQueue()
        self.step()
        self._thread = threading.Thread(target=self._work, name=f"evokd {name}", daemon=True)
        self._thread.start()

    def step(self) -> None:
        """A round has closed."""
        self._jobs.put(None)

    def end(self, finish: Finish) -> None:
        """The session is over; said again, nothing."""
        if not self._over:
            self._over = True
            self._jobs.put(finish)

    def close(self) -> str | None:
        """Wait for what has been asked for; gives what to say where not all of it arrived."""
        self._moved = time.monotonic()
        fault = None
        try:
            while self._thread.is_alive() and time.monotonic() - self._moved < self._patience_s:
                self._thread.join(0.05)
        except KeyboardInterrupt:  # of somebody tired of waiting, whose run is done
            fault = "the wait for it was cut short"
        if self._thread.is_alive():
            fault = fault or f"nothing moved for {self._patience_s:.0f} s, it was given up"
        fault = fault or self._fault
        return None if fault is None else f"{self.name}: {fault}; the run is not touched by it"

    def _work(self) -> None:
        while (finish := self._jobs.get()) is None:
            self._tried(self._catch_up)
        self._tried(self._catch_up)
        if (tracker := self._tracker) is not None:
            self._tried(lambda: self._draw(tracker, finish))
            self._tried(lambda: tracker.ended(finish.status, finish.summary()))
        self._tried(self._note)

    def _tried(self, step: Callable[[], None]) -> None:
        """A step of the work; of several things that go wrong the first is kept."""
        try:
            step()
        except BaseException as error:  # libraries end the process for less: SystemExit
            said = " ".join(str(error).split())[:300]
            self._fault = self._fault or f"{type(error).__name__}: {said}"
        self._moved = time.monotonic()

    def _catch_up(self) -> None:
        """Tell all closed rounds that it was not told of, in this session or an earlier one."""
        tracker = self._tracker or self._begun()
        for number, values in closed_rounds(self._run, self._own.round):
            tracker.round(number, values)
            self._own.round = number
            self._moved = time.monotonic()
        self._record.save()
        self._fault = None

    def _begun(self) -> Tracker:
        made = find_tracker(self.name)  # here, in the thread: importing a library takes long
        self._moved = time.monotonic()
        id = made.started(self._page, self._config, self._own.id)
        if id != self._own.id:  # new, or gone there since: it is told all anew
            self._own.id, self._own.round = id, -1
        self._own.look = made.look
        self._tracker = made
        self._record.save()
        return made

    def _draw(self, tracker: Tracker, finish: Finish) -> None:
        for path in finish.figures():
            tracker.figure(path)
            self._moved = time.monotonic()

    def _note(self) -> None:
        self._own.failed = self._fault
        self._record.save()
