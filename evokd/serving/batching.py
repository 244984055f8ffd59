"""Batches of what waits: one thread owns the student, requests that wait share its passes.

    batcher = Batcher(student.verdicts, limits)
    batcher.start()
    verdicts, logs = await batcher.ask(["The lid cracked on day one."])
    await batcher.stop()        # what waits is answered first

A pass over several texts takes little longer than one over a single text, so texts of different
requests are put together, up to `limits.batch` of them or until the oldest has waited
`limits.wait_ms` (dynamic batching, as of Crankshaw et al. 2017, Clipper, NSDI).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from evokd.serving.limits import Limits
from evokd.serving.refusal import Refusal
from student.results import Prediction

Verdicts = tuple[list[Prediction], Any]
"""Of some texts, in their order; and their log-probabilities, [texts, answers], or None."""
Ask = Callable[[Sequence[str]], Verdicts]
OnBatch = Callable[[int, float], None]
"""Texts and seconds of a pass; called on the event loop."""


@dataclass(frozen=True, slots=True)
class _Job:
    """The texts of one request."""

    texts: tuple[str, ...]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Verdicts]
    at: float = field(default_factory=time.monotonic)


class Batcher:
    """The queue before the student, and the thread that works on it."""

    def __init__(self, ask: Ask, limits: Limits, on_batch: OnBatch = lambda *_: None) -> None:
        self._ask, self._limits, self._on_batch = ask, limits, on_batch
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._waiting = 0
        self._closing = False
        self._seconds_a_text = 0.01
        self._thread = threading.Thread(target=self._work, name="student", daemon=True)

    @property
    def waiting(self) -> int:
        """Texts in the queue."""
        return self._waiting

    @property
    def alive(self) -> bool:
        """Whether anybody works on the queue."""
        return self._thread.is_alive() and not self._closing

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """Take nothing more, answer what waits, end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    async def ask(self, texts: Sequence[str]) -> Verdicts:
        """The verdicts on some texts. Who stops waiting is passed over.

        Raises:
            Refusal: 503, the queue is full or the server stops.
            Exception: whatever the student raised at these texts.
        """
        loop = asyncio.get_running_loop()
        job = _Job(tuple(texts), loop, loop.create_future())
        with self._changed:
            if self._closing or not self._thread.is_alive():
                raise Refusal(503, "the server is stopping", retry_after_s=5, close=True)
            if self._waiting + len(job.texts) > self._limits.queue:
                wait = min(60.0, self._waiting * self._seconds_a_text)
                said = f"{self._waiting} texts wait already, there is no room for {len(texts)} more"
                raise Refusal(503, said, retry_after_s=wait)
            self._jobs.append(job)
            self._waiting += len(job.texts)
            self._changed.notify_all()
        return await job.future

    def _work(self) -> None:
        while jobs := self._next():
            self._answer([job for job in jobs if not job.future.done()])

    def _next(self) -> list[_Job]:
        """The jobs of the next pass; none when all is done and the server stops."""
        with self._changed:
            while not self._jobs and not self._closing:
                self._changed.wait()
            if not self._jobs:
                return []
            until = self._jobs[0].at + self._limits.wait_ms / 1000
            while self._waiting < self._limits.batch and not self._closing:
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            return self._take()

    def _take(self) -> list[_Job]:
        """Whole jobs in their order: one at least, more while they fit."""
        jobs, texts = [self._jobs.popleft()], 0
        texts = len(jobs[0].texts)
        while self._jobs and texts + len(self._jobs[0].texts) <= self._limits.batch:
            jobs.append(self._jobs.popleft())
            texts += len(jobs[-1].texts)
        self._waiting -= texts
        return jobs

    def _answer(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        texts = [text for job in jobs for text in job.texts]
        began = time.monotonic()
        try:
            verdicts, logs = self._ask(texts)
        except Exception as error:
            if len(jobs) == 1:
                _tell(jobs[0], _failed, error)
            for job in jobs if len(jobs) > 1 else ():  # one bad text costs its own request alone
                self._answer([job])
            return
        seconds = time.monotonic() - began
        self._seconds_a_text = 0.9 * self._seconds_a_text + 0.1 * seconds / len(texts)
        start = 0
        for job in jobs:
            end = start + len(job.texts)
            part = verdicts[start:end], None if logs is None else logs[start:end]
            _tell(job, _settled, part)
            start = end
        _call(jobs[0].loop, self._on_batch, len(texts), seconds)


def _tell(job: _Job, how: Callable[..., None], what: Any) -> None:
    _call(job.loop, how, job.future, what)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *args: Any) -> None:
    try:
        loop.call_soon_threadsafe(function, *args)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return


def _settled(future: asyncio.Future[Verdicts], verdicts: Verdicts) -> None:
    if not future.done():
        future.set_result(verdicts)


def _failed(future: asyncio.Future[Verdicts], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
