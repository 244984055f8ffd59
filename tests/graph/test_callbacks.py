"""A user's LangChain handler beside a run: it hears each attempt once, with its edge."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda

from evokd.config import Config
from evokd.store.run_dir import RunDir
from evokd.store.sqlite import connect_read_only
from evokd.teacher.pool import TeacherPool
from graph.build import build
from graph.core.checkpoints import open_checkpoints
from graph.session import check, open_run, start
from tests.servers.fake_chat import FakeChat, Mischief, Served
from tests.servers.listening import Listener, listening
from tests.servers.mischief import echo_key, every, said, status
from tests.servers.runs import BRAIN, KEY, settings

pytestmark = pytest.mark.usefixtures("quick")


def heard_what_is_booked(listener: Listener, run: Path, server: FakeChat) -> None:
    """Each row of the ledger is one call that was heard, on the row's own edge."""
    db = connect_read_only(run / "ledger.sqlite")
    rows = {row["id"]: row for row in db.execute("SELECT * FROM calls")}
    db.close()
    assert len(listener.started) == len(set(listener.started)) == len(rows) > 20
    assert len(rows) == server.bill.requests
    assert sorted(listener.ended + listener.failed) == sorted(listener.started)
    failed = {listener.metadata[run_id]["call"] for run_id in listener.failed}
    assert failed == {call for call, row in rows.items() if row["status"] == "error"} != set()
    for told in listener.metadata.values():
        row = rows[told["call"]]
        assert (told["source"], told["target"]) == (row["source"], row["target"])
        assert (told["round"], told["role"]) == (row["round"], row["agent"])
        assert (told["call_key"], told["attempt"]) == (row["slot"], row["attempt"])
    assert KEY not in repr(listener.all)
    assert not any(" " in tag for tag in listener.tags), "a text among the tags"


def troubled() -> FakeChat:
    """Refuses every fifth request, repeating the key, and gives the critic's replies no sense."""
    faults = [every(5, echo_key(500)), every(3, said("no"), "critic"), every(7, status(429))]

    def plan(served: Served) -> Mischief | None:
        found = [fault(served) for fault in faults]
        return next((one for one in found if one), None)

    return FakeChat(BRAIN, plan)


def test_one_that_is_set_for_the_process(shared: Path, tmp_path: Path) -> None:
    with troubled() as server, listening() as listener:
        assert start(settings(shared, server.url), tmp_path / "run").status == "done"
        heard_what_is_booked(listener, tmp_path / "run", server)


def test_one_that_is_set_twice_hears_once(shared: Path, tmp_path: Path) -> None:
    """For the process, and by a chain that the run is a part of."""
    with troubled() as server, listening() as listener:
        config = settings(shared, server.url)
        step: RunnableLambda[Path, str] = RunnableLambda(lambda out: start(config, out).status)
        assert step.invoke(tmp_path / "run", {"callbacks": [listener]}) == "done"
        heard_what_is_booked(listener, tmp_path / "run", server)
        assert None not in listener.parents  # its calls stand under the nodes that made them


def test_one_in_the_graphs_own_config(shared: Path, tmp_path: Path) -> None:
    listener = Listener()
    with troubled() as server:
        asyncio.run(_invoke(settings(shared, server.url), tmp_path / "run", listener))
        heard_what_is_booked(listener, tmp_path / "run", server)
        assert None not in listener.parents


async def _invoke(config: Config, out: Path, listener: Listener) -> None:
    method, pool = check(config), TeacherPool(config.teachers)
    directory = RunDir.create(out, config, {"id": "run"})
    async with (
        open_run(config, directory, pool) as run,
        open_checkpoints(run.dir.checkpoints) as saver,
    ):
        given: RunnableConfig = {"configurable": {"thread_id": "run"}, "callbacks": [listener]}
        await build(run, method, saver).ainvoke({"round": 0}, given)
    await pool.close()
