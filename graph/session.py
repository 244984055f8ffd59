"""A session: one process working on one run, from open services to books that are closed."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from langgraph.runtime import RunControl

from evokd.config import ROLES, Config, ConfigError, ServerConfig
from evokd.config.tracking import refuse_missing
from evokd.ledger.budget import Budget
from evokd.ledger.ledger import Ledger
from evokd.runs.review import WAITING, refuse_open
from evokd.store.clock import now
from evokd.store.event_log import EventLog
from evokd.store.events import Listener
from evokd.store.run_dir import SERVING, RunDir
from evokd.tasks.task import load_task
from evokd.teacher.embedded import check_context
from evokd.teacher.metering import Metering
from evokd.teacher.pool import TeacherPool
from graph.core.interrupts import drain_on_interrupt
from graph.core.method import Method
from graph.core.run_context import RunContext
from graph.core.student_store import StudentStore
from graph.driving import Outcome, work
from graph.limits import NewLimits, new_limits, put_on_record
from graph.methods import method_of, resolved
from graph.origin import origin, refuse_other_data
from graph.packs import named, pack_of


def check(config: Config) -> Method:
    """What can be wrong before anything is spent and needs no server; gives the method.

    Raises:
        ConfigError: naming the field.
    """
    method = method_of(config)
    pack = pack_of(config)
    task = load_task(config.task)
    method.shots(task)
    method.check(task, pack)
    check_prices(config)
    check_models(config)
    return method


def check_models(config: Config) -> None:
    """Whether the files of embedded models can be what they should; hashes are for later.

    Raises:
        ConfigError: a file that is missing, no GGUF, cut off, or without a chat template.
    """
    for endpoint in config.teachers.every():
        if endpoint.embedded is not None:
            check_context(endpoint.embedded, endpoint.server or ServerConfig())


def check_prices(config: Config) -> None:
    """A budget in USD needs prices.

    Raises:
        ConfigError: naming the endpoint that has none.
    """
    if config.budget.usd is not None or any(b.usd for b in config.budget.per_agent.values()):
        for role in ROLES:
            for endpoint in config.teachers.of(role):
                if endpoint.price is None:
                    raise ConfigError(
                        f"budget.usd: {endpoint.title} ({role}) has no price; a budget in USD"
                        " needs `price: {prompt: …, completion: …}` for every endpoint"
                    )


def start(config: Config, out: Path, listeners: tuple[Listener, ...] = ()) -> Outcome:
    """Begin a run in a new directory and work on it until it ends or is interrupted.

    Raises:
        ConfigError: before anything is spent.
    """
    return asyncio.run(astart(config, out, listeners))


async def astart(
    config: Config,
    out: Path,
    listeners: tuple[Listener, ...] = (),
    control: RunControl | None = None,
) -> Outcome:
    """The same on a loop that runs.

    Args:
        config: Of the run.
        out: Its directory.
        listeners: They hear every event.
        control: Ends it in order; None: Ctrl-C and SIGTERM do.
    """
    RunDir.refuse_taken(out)
    refuse_missing(config.track)  # here alone: a run that has begun goes on without its trackers
    config, pack = named(config)
    method = check(config)
    config = resolved(config)
    pool = TeacherPool(config.teachers)
    run = {
        "id": uuid.uuid4().hex[:12],
        "name": config.name,
        "method": config.method,
        "seed": config.seed,
        "status": "interrupted",  # what it is if it gets no further than this
        "reason": "stopped before its first step; `evokd resume` begins it",
        "created_at": now(),
        "ended_at": None,
        "elapsed_s": 0.0,
        "prompts": pack.said,
        **origin(config),
    }

    def lay_out() -> RunDir:
        return RunDir.create(out, config, run)

    return await _session(config, method, pool, lay_out, listeners, control)


def resume(
    path: Path,
    listeners: tuple[Listener, ...] = (),
    *,
    changed_data: bool = False,
    limits: Sequence[str] = (),
    skip_open: bool = False,
) -> Outcome:
    """Go on with a run that crashed or was interrupted.

    A run that is done is left alone, unless it gets new limits: then its last round is closed
    anew, and it goes on from there.

    Args:
        path: Of the run.
        listeners: They hear every event.
        changed_data: Go on though a file of `task.data` is not what it was.
        limits: `a.b=value` overrides of budgets and `loop.rounds`.
        skip_open: Of a run that waits for a person: rows left open keep the agents' decision.

    Raises:
        ConfigError: no run, data that changed, rows that wait for a person, or whatever `start`
            refuses.
        DamagedDatabase: a database that can't be read, or is gone.
    """
    return asyncio.run(
        aresume(path, listeners, changed_data=changed_data, limits=limits, skip_open=skip_open)
    )


async def aresume(
    path: Path,
    listeners: tuple[Listener, ...] = (),
    control: RunControl | None = None,
    *,
    changed_data: bool = False,
    limits: Sequence[str] = (),
    skip_open: bool = False,
) -> Outcome:
    """The same on a loop that runs; `control` as of `astart`."""
    directory = RunDir.open(path)
    run = directory.run()
    if run["status"] == SERVING:
        raise ConfigError(f"{path}: holds the books of `evokd serve`, no run that could go on")
    if run["status"] == "done" and not limits:
        return Outcome("done", str(run["reason"]))
    directory.refuse_lost_books()
    if run["status"] == WAITING:
        refuse_open(path, skip_open)
    changed = new_limits(directory, limits) if limits else None
    config = changed.config if changed else directory.config()
    if not changed_data:
        refuse_other_data(run, config, path)
    method = check(config)
    pool = TeacherPool(config.teachers)
    return await _session(
        config, method, pool, lambda: directory, listeners, control, changed, skip_open
    )


async def _session(
    config: Config,
    method: Method,
    pool: TeacherPool,
    lay_out: Callable[[], RunDir],
    listeners: tuple[Listener, ...],
    asked: RunControl | None,
    changed: NewLimits | None = None,
    skip_open: bool = False,
) -> Outcome:
    try:
        await pool.check()
        await method.prepare()
        control = asked or RunControl()
        with contextlib.nullcontext() if asked else drain_on_interrupt(control, listeners):
            directory: RunDir = lay_out()
            with directory.locked():
                if changed is not None:
                    put_on_record(directory, changed)
                async with open_run(config, directory, pool, listeners) as run:
                    return await work(run, method, control, skip_open=skip_open)
    finally:
        await pool.close()


@contextlib.asynccontextmanager
async def open_run(
    config: Config,
    directory: RunDir,
    pool: TeacherPool,
    listeners: tuple[Listener, ...] = (),
) -> AsyncIterator[RunContext]:
    """The live services of a run; closes its files on the way out."""
    run = run_context(config, directory, pool, listeners)
    try:
        yield run
    finally:
        await run.metering.drain()
        run.metering.ledger.close_database()
        run.events.close()


def run_context(
    config: Config,
    directory: RunDir,
    pool: TeacherPool,
    listeners: tuple[Listener, ...] = (),
) -> RunContext:
    """The live services of a run; who asks for them closes `metering` and `events`.

    Args:
        config: Of the run.
        directory: Of the run.
        pool: Its teachers.
        listeners: They hear every event.
    """
    task, method = load_task(config.task), method_of(config)
    events = EventLog(directory.events, listeners)
    ledger = Ledger(directory.ledger)
    pool.work_in(directory.batches, events.add)
    elapsed = float(directory.run().get("elapsed_s", 0.0))
    return RunContext(
        config=config,
        task=task,
        seeds=method.shots(task),
        answered=method.answered(task),
        pack=pack_of(config),
        dir=directory,
        metering=Metering(
            ledger=ledger,
            budget=Budget(config.budget, ledger.spent(), elapsed),
            emit=events.add,
            seed=config.seed,
            repair_turns=config.loop.repair_turns,
        ),
        events=events,
        pool=pool,
        students=StudentStore(
            config,
            task.labels,
            directory.student_states,
            events.tell,
            dev=task.dev or (),
        ),
    )
