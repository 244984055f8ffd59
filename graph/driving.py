"""Driving a run's graph until it ends, drains or fails, and closing the books in every case."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from typing import Any

from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from evokd.config import ConfigError, RunError
from evokd.runs.review import WAITING, Asked
from evokd.runs.useful_calls import useful_tasks
from evokd.store.clock import now
from evokd.store.disk import is_full
from evokd.store.events import Begun, Stopped, Warned
from evokd.store.run_dir import RunDir
from evokd.teacher.faults import RoleSilent, TeacherDown
from graph.build import build
from graph.core.checkpoints import open_checkpoints
from graph.core.completions import remarks
from graph.core.method import Method
from graph.core.rewinding import where_to_go_on
from graph.core.run_context import RunContext
from graph.core.silence import silent_needed, warn_of_unasked, why_silent
from graph.core.usable import warn_of_useless
from graph.core.waiting import how_to_answer, until_asked
from graph.limits import remarks as limit_changes
from graph.origin import changes
from graph.packs import mismatches

RECURSION = 1_000_000
"""Budgets and stopping rules end the loop; LangGraph's own limit must not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended."""

    status: str
    """done, failed, interrupted or waiting."""
    reason: str
    asked: Asked | None = None
    """What it waits for."""
    fault: ConfigError | None = None
    """What must be mended before it can go on."""


async def work(
    run: RunContext,
    method: Method,
    control: RunControl | None = None,
    *,
    skip_open: bool = False,
) -> Outcome:
    """Drive the graph until it ends, waits, drains or fails; the books are closed in every case.

    Args:
        run: Its live services.
        method: Of the run.
        control: Ends it in order.
        skip_open: Rows that a person has left open keep the agents' decision.

    Raises:
        ConfigError: verdicts that can't be read; the run waits then, as without any.
    """
    thread = run.dir.run()["id"]
    _save(run, "running", None)
    outcome = await _drive(run, method, control or RunControl(), thread, skip_open)
    await run.metering.drain()
    _close(run, outcome, thread)
    if outcome.fault is not None:
        raise outcome.fault
    return outcome


async def _drive(
    run: RunContext, method: Method, control: RunControl, thread: str, skip_open: bool
) -> Outcome:
    settings = {"configurable": {"thread_id": thread}, "recursion_limit": RECURSION}
    config = run.config
    try:
        async with open_checkpoints(run.dir.checkpoints) as saver:
            graph = build(run, method, saver)
            begun = await saver.aget_tuple({"configurable": {"thread_id": thread}}) is not None
            run.emit(
                Begun(
                    run=thread,
                    name=config.name,
                    method=config.method,
                    seed=config.seed,
                    resumed=begun,
                    prompts=str(run.dir.run().get("prompts", "")),
                )
            )
            for remark in _remarks(run, method):
                run.emit(Warned(node="START", text=remark))
            if begun:
                silent = silent_needed(run, method)
                settings = await where_to_go_on(graph, settings, run, silent, control)
            given = None if begun else {"round": 0}
            state = await until_asked(graph, given, settings, run, control, skip_open=skip_open)
            if isinstance(state, Asked):
                return _waits(run, state)
            return await _ended(run, method, state)
    except GraphDrained as drained:
        return Outcome("interrupted", drained.reason)
    except RoleSilent:
        await run.metering.drain()
        return Outcome("failed", why_silent(run, silent_needed(run, method)))
    except TeacherDown as down:
        return Outcome("failed", str(down))
    except BaseException as error:
        if not (isinstance(error, asyncio.CancelledError) and control.drain_requested):
            await run.metering.drain()
            failure = _explained(error, run.dir)
            _close_failed(run, failure, thread)
            if failure is error:
                raise
            raise failure from error
        run.metering.give_up()  # a second Ctrl-C
        return Outcome("interrupted", str(control.drain_reason))


def _waits(run: RunContext, asked: Asked) -> Outcome:
    """Nobody has answered, or the answers were edited wrongly before the run came to its question.

    It waits then, so that `evokd review` finds the question, and the fault stands in run.json.
    """
    try:
        return Outcome(WAITING, how_to_answer(run, asked), asked)
    except ConfigError as fault:
        return Outcome(WAITING, str(fault), asked, fault)


async def _ended(run: RunContext, method: Method, state: dict[str, Any]) -> Outcome:
    """The end of a graph: the student is saved, unless a role that it needs gave nothing."""
    silent = silent_needed(run, method)
    stop = state.get("stop") or "nothing left to do"
    if silent:
        return Outcome("failed", f"{why_silent(run, silent)} (it ended with: {stop})")
    warn_of_unasked(run, method, stop)
    await method.finish(run, state)
    return Outcome("done", stop)


def _remarks(run: RunContext, method: Method) -> tuple[str, ...]:
    """What the reader of the trace should know before anything is asked."""
    about = run.dir.run()
    return (
        *changes(about, run.config),
        *limit_changes(about),
        *run.pool.remarks,
        *run.task.remarks,
        *method.remarks(),
        *remarks(run, method),
        *mismatches(method, run.pack),
    )


def _explained(error: BaseException, directory: RunDir) -> BaseException:
    """An error of the machine in words; any other as it is."""
    if is_full(error):
        return RunError(f"{directory.path}: the disk is full ({error}); make room, then resume")
    return error


def _close_failed(run: RunContext, error: BaseException, thread: str) -> None:
    """Close the books of a run that failed, as far as that can still be written."""
    name = "" if isinstance(error, RunError) else f"{type(error).__name__}: "
    try:
        _close(run, Outcome("failed", f"{name}{error}"), thread)
    except (OSError, sqlite3.Error) as second:
        error.add_note(f"the end of the run could not be written down, either ({second})")


def _close(run: RunContext, outcome: Outcome, thread: str) -> None:
    run.events.save_useful(useful_tasks(run.dir.checkpoints, thread))
    warn_of_useless(run, 0, "END")
    run.emit(Stopped(status=outcome.status, reason=outcome.reason))
    _save(run, outcome.status, outcome.reason, outcome.asked)


def _save(run: RunContext, status: str, reason: str | None, asked: Asked | None = None) -> None:
    document = run.dir.run()
    document.pop(WAITING, None)
    if asked is not None:
        document[WAITING] = asked.to_json()
    ended = now() if reason else None
    elapsed = round(run.metering.budget.elapsed_s, 3)
    document |= {"status": status, "reason": reason, "ended_at": ended, "elapsed_s": elapsed}
    run.dir.save_run(document)
