"""Requests that wait until a batch is made of them, and those whose batch is out.

A step's calls come one by one. When none has come for a while (`gather_s`), or no more may be out
at once, those that are there leave together. What an earlier process has sent waits for the batch
that it is in.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

from evokd.teacher.batch.answers import LineAnswer
from evokd.teacher.batch.desk import BatchDesk
from evokd.teacher.batch.failed import QueueFull
from evokd.teacher.batch.job import Answered, BatchJob
from evokd.teacher.batch.line import BatchLine
from evokd.teacher.faults import GivenUp, Lost, StillOut
from evokd.teacher.limiter import Limiter

MOST_BYTES = 150_000_000
"""Of a batch's file; OpenAI takes 200 MB."""
Job = asyncio.Task[Answered | None]
"""A batch at work; None where it turned out that it was never made."""


class Outbox:
    """One endpoint's."""

    def __init__(self, desk: BatchDesk, limiter: Limiter) -> None:
        self._desk, self._limiter = desk, limiter
        self._waiting: dict[str, tuple[BatchLine, asyncio.Future[Job]]] = {}
        self._jobs: dict[str, Job] = {}
        """By key."""
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, line: BatchLine) -> LineAnswer:
        """What came of a request.

        Raises:
            GivenUp: cancelled before it left.
            StillOut: cancelled, and its batch goes on.
            StillOutDown: its batch can't be asked after.
        """
        while True:
            job = self._begun(line) or await self._parked(line)
            try:
                answers = await asyncio.shield(job)
            except asyncio.CancelledError:
                raise StillOut from None
            if answers is not None:
                answer = answers.pop(line.call, None)
                return Lost("its batch does not know this request") if answer is None else answer

    async def close(self) -> None:
        """Wait for no batch any more; they go on without us."""
        if self._timer is not None:
            self._timer.cancel()
        jobs = [job for job in self._jobs.values() if not job.done()]
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)

    def _begun(self, line: BatchLine) -> Job | None:
        """The batch that an earlier process, or this one, has put a request into."""
        recorded = self._desk.records.of(line.call)
        if recorded is None:
            return None
        if recorded.key not in self._jobs:
            job = BatchJob(self._desk, recorded.key, line.node, line.round)
            self._keep(recorded.key, asyncio.create_task(job.take_up(recorded)))
        return self._jobs[recorded.key]

    async def _parked(self, line: BatchLine) -> Job:
        """The batch that the request will be in."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Job] = loop.create_future()
        self._waiting[line.call] = (line, future)
        if self._timer is not None:
            self._timer.cancel()
        full = self._limiter.free <= 0 or len(self._waiting) >= self._desk.settings.requests
        wait_s = 0.0 if full else self._desk.settings.gather_s
        self._timer = loop.call_later(wait_s, self._leave)
        try:
            return await future
        except asyncio.CancelledError:
            left = self._waiting.pop(line.call, None) is None
            raise (StillOut if left else GivenUp) from None

    def _leave(self) -> None:
        """Those that wait are batches from now on."""
        waiting, self._waiting = list(self._waiting.values()), {}
        lines = [line for line, _ in waiting]
        futures = [future for _, future in waiting]
        for start, end in _parts(lines, self._desk.settings.requests):
            some, key = lines[start:end], uuid.uuid4().hex
            task = asyncio.create_task(self._run(key, some))
            self._keep(key, task)
            for future in futures[start:end]:
                if not future.done():
                    future.set_result(task)

    async def _run(self, key: str, lines: Sequence[BatchLine]) -> Answered | None:
        job = BatchJob(self._desk, key, lines[0].node, lines[0].round)
        answers = await job.run(lines)
        if any(isinstance(answer, QueueFull) for answer in answers.values()):
            self._limiter.cut_to(len(lines) // 2)
        return answers

    def _keep(self, key: str, task: Job) -> None:
        self._jobs[key] = task
        task.add_done_callback(_looked_at)


def _parts(lines: Sequence[BatchLine], most: int) -> list[tuple[int, int]]:
    """Where each batch begins and ends, so that none has too many lines or bytes."""
    parts: list[tuple[int, int]] = []
    start = size = 0
    for at, line in enumerate(lines):
        own = len(line.to_json()) + 1
        if at > start and (at - start >= most or size + own > MOST_BYTES):
            parts.append((start, at))
            start, size = at, 0
        size += own
    return [*parts, (start, len(lines))] if lines else []


def _looked_at(task: Job) -> None:
    """Whoever waited has heard; asyncio would print what nobody waited for."""
    if not task.cancelled():
        task.exception()
