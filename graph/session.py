"""A session: one process working on one run, from an open bench to books that are closed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from evokd.baselines.eda import check_language
from evokd.baselines.kinds import check_kind
from evokd.baselines.plans import PLANS
from evokd.baselines.synonyms import load_synonyms
from evokd.baselines.translation import check_translation
from evokd.config import REASONING, ROLES, Config, ConfigError
from evokd.ledger.budget import Budget
from evokd.ledger.ledger import Ledger
from evokd.store.clock import now
from evokd.store.events import Begun, EventLog, Listener, Stopped
from evokd.store.run_dir import RunDir
from evokd.tasks.task import draw_shots, load_task
from evokd.teacher.booked_desk import Books
from evokd.teacher.faults import TeacherDown
from evokd.teacher.pool import TeacherPool
from graph.bench import Bench
from graph.build import build
from graph.causal_keeper import CausalKeeper
from graph.checkpoints import open_checkpoints
from graph.classroom import Classroom
from graph.course import Course
from graph.dasd_check import check_dasd
from graph.finish import finish
from graph.keeper import StudentKeeper
from graph.lineage import useful_tasks
from prompts.pack import Pack

VERSIONED = ("evokd", "langgraph", "langchain-openai", "torch", "transformers", "peft", "datasets")
RECURSION = 1_000_000
"""Budgets and stopping rules end the loop; LangGraph's own limit must not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended."""

    status: str
    """done, failed or interrupted."""
    reason: str


def check(config: Config) -> None:
    """What can be wrong before anything is spent and needs no server.

    Raises:
        ConfigError: naming the field.
    """
    pack = Pack.load(config.prompts.pack, config.prompts.language, config.task.kind)
    check_method(config, pack)
    task = load_task(config.task)
    draw_shots(task, config.task.shots, config.seed)
    if config.method == REASONING:
        Course.of(config, task, pack)
    check_prices(config)


def check_method(config: Config, pack: Pack) -> None:
    """What a method needs beyond what all need: templates, a language, synonyms.

    Raises:
        ConfigError: naming what is missing.
    """
    check_kind(config)
    check_translation(config)
    if config.method == REASONING:
        check_dasd(config, pack)
    if config.loop.written_in:
        pack.require("translator")
    plan = PLANS.get(config.method)
    if plan is not None and plan.source in ("writer", "paraphraser"):
        pack.require(plan.source)
    if config.method == "evokd_init":
        pack.require("paraphraser")
    if config.method == "eda":
        check_language(config.task.language)
        load_synonyms()


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
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--out {out}: is not empty; name another folder, or `evokd resume`")
    check(config)
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
        "versions": {name: version(name) for name in VERSIONED},
    }

    def lay_out() -> RunDir:
        return RunDir.create(out, config, run)

    return asyncio.run(_session(config, pool, lay_out, listeners))


def resume(path: Path, listeners: tuple[Listener, ...] = ()) -> Outcome:
    """Go on with a run that crashed or was interrupted; a run that is done is left alone."""
    directory = RunDir.open(path)
    run = directory.run()
    if run["status"] == "done":
        return Outcome("done", str(run["reason"]))
    config = directory.config()
    check(config)
    return asyncio.run(_session(config, TeacherPool(config.teachers), lambda: directory, listeners))


async def _session(
    config: Config, pool: TeacherPool, lay_out: Any, listeners: tuple[Listener, ...]
) -> Outcome:
    try:
        await pool.check()
        causal = CausalKeeper(config) if config.method == REASONING else None
        if causal is not None:
            await causal.open()  # a model that won't do is found out before anything is spent
        control = RunControl()
        with _drain_on_interrupt(control):
            directory: RunDir = lay_out()
            with directory.locked():
                async with open_bench(config, directory, pool, listeners, causal) as bench:
                    return await work(bench, control)
    finally:
        await pool.close()


@contextlib.asynccontextmanager
async def open_bench(
    config: Config,
    directory: RunDir,
    pool: TeacherPool,
    listeners: tuple[Listener, ...] = (),
    causal: CausalKeeper | None = None,
) -> AsyncIterator[Bench]:
    """The live services of a run; closes its files on the way out.

    Args:
        config: Of the run.
        directory: Of the run.
        pool: Its teachers.
        listeners: They hear every event.
        causal: The student of reasoning distillation.
    """
    task = load_task(config.task)
    pack = Pack.load(config.prompts.pack, config.prompts.language, config.task.kind)
    room = None
    if causal is not None:
        causal.folder = directory.student_states
        room = Classroom(Course.of(config, task, pack), causal)
    events = EventLog(directory.events, listeners)
    ledger = Ledger(directory.ledger)
    elapsed = float(directory.run().get("elapsed_s", 0.0))
    books = Books(
        ledger=ledger,
        budget=Budget(config.budget, ledger.spent(), elapsed),
        emit=events.add,
        seed=config.seed,
        repair_turns=config.loop.repair_turns,
    )
    try:
        yield Bench(
            config=config,
            task=task,
            seeds=draw_shots(task, config.task.shots, config.seed),
            pack=pack,
            dir=directory,
            books=books,
            events=events,
            pool=pool,
            keeper=StudentKeeper(config, task.labels, directory.student_states),
            classroom=room,
        )
    finally:
        await books.drain()
        ledger.close_database()
        events.close()


async def work(bench: Bench, control: RunControl | None = None) -> Outcome:
    """Drive the graph until it ends, drains or fails; the books are closed in every case."""
    thread = bench.dir.run()["id"]
    _save(bench, "running", None)
    outcome = await _drive(bench, control or RunControl(), thread)
    await bench.books.drain()
    _close(bench, outcome, thread)
    return outcome


async def _drive(bench: Bench, control: RunControl, thread: str) -> Outcome:
    settings = {"configurable": {"thread_id": thread}, "recursion_limit": RECURSION}
    config = bench.config
    try:
        async with open_checkpoints(bench.dir.checkpoints) as saver:
            graph = build(bench, saver)
            begun = await saver.aget_tuple({"configurable": {"thread_id": thread}}) is not None
            bench.emit(
                Begun(
                    run=thread,
                    name=config.name,
                    method=config.method,
                    seed=config.seed,
                    resumed=begun,
                )
            )
            state = await graph.ainvoke(
                None if begun else {"round": 0}, settings, durability="sync", control=control
            )
            await finish(bench, state)
            return Outcome("done", state.get("stop") or "nothing left to do")
    except GraphDrained as drained:
        return Outcome("interrupted", drained.reason)
    except TeacherDown as down:
        return Outcome("failed", str(down))
    except BaseException as error:
        if not (isinstance(error, asyncio.CancelledError) and control.drain_requested):
            await bench.books.drain()
            _close(bench, Outcome("failed", f"{type(error).__name__}: {error}"), thread)
            raise
        bench.books.give_up()  # a second Ctrl-C
        return Outcome("interrupted", str(control.drain_reason))


def _close(bench: Bench, outcome: Outcome, thread: str) -> None:
    bench.events.save_useful(useful_tasks(bench.dir.checkpoints, thread))
    bench.emit(Stopped(status=outcome.status, reason=outcome.reason))
    _save(bench, outcome.status, outcome.reason)


def _save(bench: Bench, status: str, reason: str | None) -> None:
    run = bench.dir.run()
    ended = now() if reason else None
    elapsed = round(bench.books.budget.elapsed_s, 3)
    run |= {"status": status, "reason": reason, "ended_at": ended, "elapsed_s": elapsed}
    bench.dir.save_run(run)


@contextlib.contextmanager
def _drain_on_interrupt(control: RunControl) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the step in progress in order; a second one doesn't wait."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupted() -> None:
        if control.drain_requested and task is not None:
            task.cancel()
        control.request_drain("interrupted; `evokd resume` goes on from here")

    handled = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in handled:
            loop.add_signal_handler(number, interrupted)
    except (ValueError, RuntimeError, NotImplementedError):  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
