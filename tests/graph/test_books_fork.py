"""Forks: billed sums all that was spent, useful only the calls of the lineage that survived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from evokd.config import Config
from evokd.runs.useful_calls import useful_tasks
from evokd.store.run_dir import RunDir
from evokd.teacher.pool import TeacherPool
from graph.build import build
from graph.core.run_context import RunContext
from graph.driving import work
from graph.methods import method_of
from graph.session import open_run, start
from tests.servers.audit import audit, books, calls
from tests.servers.fake_chat import FakeChat, Reaction, Served
from tests.servers.mischief import FAULTS, every, sometimes
from tests.servers.runs import BRAIN, settings

pytestmark = pytest.mark.usefixtures("quick")
THREAD = "fork-test"
SETTINGS: Any = {"configurable": {"thread_id": THREAD}}


async def walked(saver: Any) -> set[str]:
    """Tasks of the surviving lineage, by LangGraph's own API alone."""
    here = await saver.aget_tuple(SETTINGS)
    tasks = {task for task, channel, _ in here.pending_writes if channel != "__error__"}
    while here.parent_config is not None:
        parent = await saver.aget_tuple(here.parent_config)
        if here.metadata["source"] == "loop":  # forks and updates dropped the parent's writes
            tasks |= {task for task, channel, _ in parent.pending_writes if channel != "__error__"}
        here = parent
    return tasks


@asynccontextmanager
async def worked(config: Config, run: Path) -> AsyncIterator[tuple[RunContext, Any, Any]]:
    """A run that is done, its services still open: context, graph and saver."""
    state = {"id": THREAD, "status": "running", "reason": None, "elapsed_s": 0.0}
    directory = RunDir.create(run, config, state)
    pool = TeacherPool(config.teachers)
    try:
        async with open_run(config, directory, pool) as run_context:
            assert (await work(run_context, method_of(config))).status == "done"
            async with AsyncSqliteSaver.from_conn_string(str(directory.checkpoints)) as saver:
                yield run_context, build(run_context, method_of(config), saver), saver
    finally:
        await pool.close()


async def before(graph: Any, node: str) -> Any:
    """The earliest snapshot from which this node runs next."""
    found = [s async for s in graph.aget_state_history(SETTINGS) if node in s.next]
    return found[-1]


async def test_a_fork_from_an_older_checkpoint(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN, every(4, FAULTS["502"])) as server:
        config = settings(shared, server.url, "loop.rounds=1")
        async with worked(config, run) as (run_context, graph, saver):
            first = books(run)
            assert useful_tasks(run_context.dir.checkpoints, THREAD) == await walked(saver)
            snapshot = await before(graph, "labeler")
            await graph.ainvoke(None, snapshot.config, durability="sync")
            await run_context.metering.drain()
            assert useful_tasks(run_context.dir.checkpoints, THREAD) == await walked(saver)
        audit(run, server.bill)
        second = books(run)
    # the labelers and the critic were paid again, the analyst and the generators were not
    again = [call for call in calls(run) if call.status == "ok"][first["useful"]["calls"] :]
    assert {call.agent for call in again} == {"labeler", "critic"}
    assert second["billed"]["calls"] > first["billed"]["calls"]
    assert second["replayed_calls"] == 0
    assert second["useful"]["calls"] == first["useful"]["calls"]
    every_ok = sum(call.status == "ok" for call in calls(run))
    assert every_ok == first["useful"]["calls"] + len(again)


async def test_a_fork_with_an_edited_state(shared: Path, tmp_path: Path) -> None:
    """Another analysis is put in the analyst's place; `came_from` says who hands it over."""
    run = tmp_path / "run"
    with FakeChat(BRAIN) as server:
        config = settings(shared, server.url, "loop.rounds=1")
        async with worked(config, run) as (run_context, graph, saver):
            first = books(run)
            snapshot = await before(graph, "analyst")
            values = {"analysis": None, "came_from": ["analyst"]}
            fork = await graph.aupdate_state(snapshot.config, values, as_node="analyst")
            await graph.ainvoke(None, fork, durability="sync")
            await run_context.metering.drain()
            assert useful_tasks(run_context.dir.checkpoints, THREAD) == await walked(saver)
        audit(run, server.bill)
        second = books(run)
    # the new lineage has no analyst's call: its analysis was written by hand
    assert second["useful"]["calls"] == first["useful"]["calls"] - 1
    assert second["billed"]["calls"] == 2 * first["billed"]["calls"] - 1


async def test_the_walk_agrees_along_a_troubled_run(shared: Path, tmp_path: Path) -> None:
    """Also in the middle of a step that one sibling has failed in."""
    run = tmp_path / "run"
    down = every(1, FAULTS["500"], "critic")
    with FakeChat(BRAIN, down) as server:
        state = {"id": THREAD, "status": "running", "reason": None, "elapsed_s": 0.0}
        config = settings(shared, server.url, "teachers.default.retries=1")
        directory = RunDir.create(run, config, state)
        pool = TeacherPool(config.teachers)
        for _ in range(2):
            async with (
                open_run(config, directory, pool) as run_context,
                AsyncSqliteSaver.from_conn_string(str(directory.checkpoints)) as saver,
            ):
                assert (await work(run_context, method_of(config))).status == "failed"
                assert useful_tasks(directory.checkpoints, THREAD) == await walked(saver)
        await pool.close()
        audit(run, server.bill)
    useful = books(run)["useful"]
    ok = [call for call in calls(run) if call.status == "ok"]
    assert useful["calls"] == len(ok)
    assert sum(call.status == "error" for call in calls(run)) == 4


async def test_the_walk_counts_the_siblings_of_a_step_that_failed(
    shared: Path, tmp_path: Path
) -> None:
    """One generator had finished when the other was refused: a resume keeps its work."""
    run = tmp_path / "run"

    def late(payload: Any, answer: Any, served: Served) -> Reaction:
        return Reaction(401, body=b"{}", delay_s=0.5)

    with FakeChat(BRAIN, every(1, late, "easy_generator")) as server:
        state = {"id": THREAD, "status": "running", "reason": None, "elapsed_s": 0.0}
        config = settings(shared, server.url)
        directory = RunDir.create(run, config, state)
        pool = TeacherPool(config.teachers)
        async with (
            open_run(config, directory, pool) as run_context,
            AsyncSqliteSaver.from_conn_string(str(directory.checkpoints)) as saver,
        ):
            assert (await work(run_context, method_of(config))).status == "failed"
            assert useful_tasks(directory.checkpoints, THREAD) == await walked(saver)
        await pool.close()
        audit(run, server.bill)
    assert books(run)["useful"]["calls"] == 3  # the analyst's and both of the other generator


def test_useful_counts_ok_calls_alone(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    names = ["truncated", "502", "null choices", "429"]
    plan = sometimes(0.4, 2, [FAULTS[name] for name in names])
    with FakeChat(BRAIN, plan) as server:
        start(settings(shared, server.url, "loop.rounds=1"), run)
        audit(run, server.bill)
    doc = books(run)
    ok = [call for call in calls(run) if call.status == "ok"]
    assert doc["useful"] == {
        "calls": len(ok),
        "prompt_tokens": sum(call.prompt_tokens for call in ok),
        "completion_tokens": sum(call.completion_tokens for call in ok),
    }
    assert doc["billed"]["calls"] > len(ok)
