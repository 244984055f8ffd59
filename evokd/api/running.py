"""Run and resume: from a config to a trained student.

```
run = evokd.run("examples/demo.yaml", set={"loop.rounds": 2})
run = await evokd.arun({"task": {…}})          # on a loop that runs: notebooks, services
```
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from evokd.api.run import Run
from evokd.api.session import Session
from evokd.api.sources import Settings, Source
from evokd.api.stream import Stream
from evokd.store.events import Listener


def run(
    config: Source,
    *,
    out: str | PathLike[str] | None = None,
    set: Settings = (),
    on_event: Listener | None = None,
) -> Run:
    """Run a config from start to finish, as `evokd run` does; prints nothing.

    Where a loop runs in this thread (a notebook), the run works in a thread of its own, the loop
    stands still and `on_event` is called from that thread; `await evokd.arun` is the better way.

    With `loop.human` it comes back with the status `waiting` when a person is to decide: `evokd
    review` takes the verdicts, `evokd.resume` goes on.

    Args:
        config: Path of a YAML file (paths in it are relative to it), or a mapping (paths are
            relative to the current directory).
        out: Run directory, new or empty; by default `runs/NAME-TIME`.
        set: Fields that are other, `{"loop.rounds": 2}` or `["loop.rounds=2"]`.
        on_event: Called with every event as it happens; what it raises ends the run as failed.

    Raises:
        ConfigError: before anything is spent, naming the field and what was expected.
        RunFailed: the run ended without its student; the message is the reason.
        Interrupted: Ctrl-C or SIGTERM, once the step in progress had ended and all was saved.
    """
    return Session.begin(config, _path(out), set).blocking(_heard(on_event))


async def arun(
    config: Source,
    *,
    out: str | PathLike[str] | None = None,
    set: Settings = (),
    on_event: Listener | None = None,
) -> Run:
    """`run` on the loop that runs, as a notebook has one.

    Cancelled, it lets the step in progress end, saves everything and then raises
    `asyncio.CancelledError`: `evokd.aresume` goes on. A second cancellation gives up what is in
    flight. Signals are left to the caller.

    Raises:
        ConfigError: before anything is spent.
        RunFailed: the run ended without its student.
    """
    return await Session.begin(config, _path(out), set).here(_heard(on_event))


def resume(
    directory: str | PathLike[str],
    *,
    set: Settings = (),
    changed_data: bool = False,
    skip_open: bool = False,
    on_event: Listener | None = None,
) -> Run:
    """Go on with a run that was stopped, killed, or failed; with new limits one that is done, too.

    Args:
        directory: Of the run.
        set: New limits, `{"budget.tokens": 80000}`; budgets and `loop.rounds` alone.
        changed_data: Go on though a file of `task.data` is not what it was.
        skip_open: Rows that a person has left open keep what the agents decided.
        on_event: Called with every event from here on.

    Raises:
        ConfigError: no run there, data that changed, rows that wait for a person's verdict, or
            what is no limit.
        RunFailed: as of `run`; also a database of the run that is damaged.
        Interrupted: as of `run`.
    """
    return Session.resume(Path(directory), changed_data, set, skip_open).blocking(_heard(on_event))


async def aresume(
    directory: str | PathLike[str],
    *,
    set: Settings = (),
    changed_data: bool = False,
    skip_open: bool = False,
    on_event: Listener | None = None,
) -> Run:
    """`resume` on the loop that runs; cancellation as of `arun`."""
    return await Session.resume(Path(directory), changed_data, set, skip_open).here(
        _heard(on_event)
    )


def stream(
    config: Source,
    *,
    out: str | PathLike[str] | None = None,
    set: Settings = (),
) -> Stream:
    """A run as its events: `async for event in evokd.stream(config)`, or a plain `for`.

    Leaving the loop stops the run in order; see `Stream`.

    Raises:
        ConfigError: a config that can't be; what needs servers is found when iteration begins.
    """
    return Stream(Session.begin(config, _path(out), set))


def _path(out: str | PathLike[str] | None) -> Path | None:
    return None if out is None else Path(out)


def _heard(on_event: Listener | None) -> tuple[Listener, ...]:
    return () if on_event is None else (on_event,)
