"""A run to be worked on: on this loop, on a loop of its own, or in a thread beside a loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from langgraph.runtime import RunControl

from evokd.api.errors import ConfigError, Interrupted, RunError, RunFailed
from evokd.api.run import Run
from evokd.api.sources import Settings, Source, claimed, config_of, overrides_of
from evokd.api.tracked import tracked
from evokd.store.events import Listener
from evokd.store.run_dir import RunDir
from graph.checking.rehearsal import refuse_what_cannot_work
from graph.driving import Outcome
from graph.session import aresume, astart

Work = Callable[[tuple[Listener, ...], RunControl | None], Coroutine[Any, Any, Outcome]]
STOPPED = "stopped; `evokd resume` goes on from here"


class Session:
    """One run, to be begun or taken up again."""

    def __init__(self, directory: Path, work: Work, *, claimed: bool = False) -> None:
        """Not begun yet.

        Args:
            directory: Of the run.
            work: Does it; without a control Ctrl-C and SIGTERM end it in order.
            claimed: The directory was made for it, and goes again if the run is refused.
        """
        self.directory, self._work, self._claimed = directory, work, claimed

    @classmethod
    def begin(cls, source: Source, out: Path | None, settings: Settings) -> Session:
        """A new run.

        Raises:
            ConfigError: a config that can't be.
        """
        config = config_of(source, settings)
        folder = out or claimed(Path("runs"), config.name)

        async def work(hear: tuple[Listener, ...], control: RunControl | None) -> Outcome:
            # in a thread, for it has a loop of its own
            await asyncio.to_thread(refuse_what_cannot_work, config)
            async with tracked(config, folder) as more:
                return await astart(config, folder, (*hear, *more), control)

        return cls(folder, work, claimed=out is None)

    @classmethod
    def resume(
        cls, directory: Path, changed_data: bool, limits: Settings, skip_open: bool = False
    ) -> Session:
        """A run of earlier."""
        new = overrides_of(limits)

        async def work(hear: tuple[Listener, ...], control: RunControl | None) -> Outcome:
            async with tracked(RunDir.open(directory).config(), directory) as more:
                return await aresume(
                    directory,
                    (*hear, *more),
                    control,
                    changed_data=changed_data,
                    limits=new,
                    skip_open=skip_open,
                )

        return cls(directory, work)

    async def work(self, hear: tuple[Listener, ...], control: RunControl | None) -> Outcome:
        """Work on it until it ends.

        Raises:
            ConfigError: nothing was spent.
            RunFailed: an error that has words; any other comes as it is, with a note.
        """
        try:
            return await self._work(hear, control)
        except ConfigError:
            raise
        except RunError as error:
            raise RunFailed(self.directory, str(error)) from error
        except Exception as error:
            if self.began:
                error.add_note(f"Go on with: evokd.resume({str(self.directory)!r})")
            raise
        finally:
            if self._claimed:
                with contextlib.suppress(OSError):
                    self.directory.rmdir()  # a run that was refused leaves nothing behind

    @property
    def began(self) -> bool:
        """Whether there is a run in its directory."""
        return (self.directory / "run.json").is_file()

    def ended(self, outcome: Outcome) -> Run:
        """The run of an outcome.

        Raises:
            RunFailed: it ended without its student.
            Interrupted: Ctrl-C or SIGTERM.
        """
        if outcome.status == "failed":
            raise RunFailed(self.directory, outcome.reason)
        if outcome.status == "interrupted":
            raise Interrupted(self.directory, f"evokd.resume({str(self.directory)!r})")
        return Run(self.directory)

    async def here(self, hear: tuple[Listener, ...]) -> Run:
        """Work on the loop that runs; a cancellation ends it in order, a second one at once."""
        control = RunControl()
        task = asyncio.ensure_future(self.work(hear, control))
        try:
            outcome = await asyncio.shield(task)
        except asyncio.CancelledError:
            await drained(task, control)
            raise
        return self.ended(outcome)

    def blocking(self, hear: tuple[Listener, ...]) -> Run:
        """Work until it ends; in a thread where this one has a loop that runs."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.ended(asyncio.run(self.work(hear, None)))
        aside = Aside(self, hear)
        aside.wait()
        return self.ended(aside.outcome())


async def drained(task: asyncio.Task[Outcome], control: RunControl) -> None:
    """Let the step in progress end; cancelled meanwhile, give up what is in flight."""
    control.request_drain(STOPPED)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # looked at: the caller has an error of its own to raise


class Aside:
    """A session in a thread of its own, with a loop of its own."""

    def __init__(
        self,
        session: Session,
        hear: tuple[Listener, ...],
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin at once; `at_end` is called in the thread when all is over."""
        self._at_end = at_end
        self.control = RunControl()
        self._session, self._hear = session, hear
        self._outcome: Outcome | None = None
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Outcome] | None = None
        self._thread = threading.Thread(target=self._run, name="evokd run")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome = asyncio.run(self._main())
        except BaseException as error:
            self._error = error
        finally:
            self._at_end()

    async def _main(self) -> Outcome:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        return await self._session.work(self._hear, self.control)

    def wait(self) -> None:
        """Until it ends; Ctrl-C ends it in order, a second one gives up what is in flight."""
        while self._thread.is_alive():
            try:
                self._thread.join()
            except KeyboardInterrupt:
                self.stop()

    def stop(self) -> None:
        """End it in order; asked again, at once."""
        if self.control.drain_requested and self._loop is not None and self._task is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(self._task.cancel)
        self.control.request_drain(STOPPED)

    def outcome(self) -> Outcome:
        """What came of it, once it has ended.

        Raises:
            BaseException: what it raised.
        """
        if self._error is not None:
            raise self._error
        assert self._outcome is not None
        return self._outcome
