"""A run as a stream of its events."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

from langgraph.runtime import RunControl

from evokd.api.run import Run
from evokd.api.session import Aside, Session, drained
from evokd.store.events import Event
from graph.driving import Outcome


class Stream:
    """The events of a run while it goes on (`evokd.events`), to be iterated over once.

    ```
    events = evokd.stream("examples/demo.yaml")
    async for event in events:
        if isinstance(event, evokd.events.Scored):
            print(event.round, event.test)
    events.run.predict(["…"])
    ```
    The run doesn't wait for its reader. Leaving the loop (`break`, an exception) stops it after
    the step in progress; `async with` or `await events.aclose()` waits for that. A plain `for`
    works too: then the run has a thread of its own, and `break` waits.
    """

    def __init__(self, session: Session) -> None:
        """The run begins when iteration does."""
        self._session = session
        self._used = False
        self._control = RunControl()
        self._task: asyncio.Task[Outcome] | None = None

    @property
    def directory(self) -> Path:
        """Of the run."""
        return self._session.directory

    @property
    def run(self) -> Run:
        """The run, from its first event on.

        Raises:
            ConfigError: it has not begun.
        """
        return Run.load(self.directory)

    def __aiter__(self) -> AsyncGenerator[Event, None]:
        self._once()
        return self._events()

    def __iter__(self) -> Generator[Event, None, None]:
        self._once()
        return self._aside()

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop the run, unless it has ended, and wait until everything is saved."""
        if self._task is not None and not self._task.done():
            await drained(self._task, self._control)

    def _once(self) -> None:
        if self._used:
            raise RuntimeError("a stream is iterated over once; `evokd.stream` makes another")
        self._used = True

    async def _events(self) -> AsyncGenerator[Event, None]:
        waiting: asyncio.Queue[Event | None] = asyncio.Queue()
        work = self._session.work((waiting.put_nowait,), self._control)
        self._task = task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: waiting.put_nowait(None))
        try:
            while (event := await waiting.get()) is not None:
                yield event
        except BaseException:
            await drained(task, self._control)
            raise
        self._session.ended(task.result())

    def _aside(self) -> Generator[Event, None, None]:
        waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        aside = Aside(self._session, (waiting.put,), lambda: waiting.put(None))
        try:
            while (event := waiting.get()) is not None:
                yield event
        except BaseException:
            aside.stop()
            aside.wait()
            raise
        aside.wait()
        self._session.ended(aside.outcome())
