"""A batch outlives the process that waits for it, and is paid once."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from evokd.ledger.totals import totals
from evokd.teacher.batch.records import BatchRecords
from evokd.teacher.client import Answer
from evokd.teacher.faults import StillOutDown
from tests.servers.fake_batches import ApiFault, FakeBatches, always, nth
from tests.servers.fake_chat import Reaction
from tests.servers.rig import BRAIN, request
from tests.teacher.batch.rig import BatchRig, rigged

FOR_EVER = 10**9


async def left_behind(rig: BatchRig, numbers: range, server: FakeBatches, batches: int) -> None:
    """Ask, wait until so many batches are out, and go away."""
    asker = asyncio.create_task(rig.ask(*map(request, numbers)))
    while len(server.batches) < batches or not server.calls["look"]:
        await asyncio.sleep(0.005)
    asker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asker
    await asyncio.wait_for(rig.metering.drain(), 5)


async def test_a_resume_takes_the_batch_up(tmp_path: Path) -> None:
    with FakeBatches(BRAIN, looks=FOR_EVER) as server:
        async with rigged(tmp_path, server) as rig:
            await left_behind(rig, range(6), server, 1)
            assert rig.statuses() == ["open"] * 6
            before = [row["id"] for row in rig.rows()]
            assert totals(rig.ledger.db, (), "edge")["billed"]["calls"] == 6
        server.looks = 1
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(6)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
            assert [row["id"] for row in rig.rows()] == before
            assert rig.statuses() == ["ok"] * 6
    assert len(server.batches) == 1 and set(server.lines.values()) == {1}


async def test_a_resume_that_asks_more_makes_a_batch_of_the_rest(tmp_path: Path) -> None:
    with FakeBatches(BRAIN, looks=FOR_EVER) as server:
        async with rigged(tmp_path, server) as rig:
            await left_behind(rig, range(4), server, 1)
        server.looks = 1
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(7)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
    assert [len(batch.lines) for batch in server.batches] == [4, 3]


async def test_a_batch_whose_id_was_never_heard_is_found_by_its_key(tmp_path: Path) -> None:
    """Killed between the request for the batch and its answer."""
    with FakeBatches(BRAIN, looks=FOR_EVER) as server:
        async with rigged(tmp_path, server) as rig:
            await left_behind(rig, range(3), server, 1)
        _forget(tmp_path, "batch")
        server.looks = 1
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(3)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
    assert len(server.batches) == 1


async def test_a_batch_that_was_never_made_is_made_under_the_same_rows(tmp_path: Path) -> None:
    """Killed between the plan of a batch and the request for it."""
    with FakeBatches(BRAIN, looks=FOR_EVER) as server:
        async with rigged(tmp_path, server) as rig:
            await left_behind(rig, range(3), server, 1)
            before = [row["id"] for row in rig.rows()]
    _forget(tmp_path, "batch")
    with FakeBatches(BRAIN) as other:
        async with rigged(tmp_path, other) as rig:
            outcomes = await rig.ask(*map(request, range(3)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(other)
            assert [row["id"] for row in rig.rows()] == before


async def test_a_batch_that_its_server_lost_is_an_estimate_and_asked_anew(tmp_path: Path) -> None:
    with FakeBatches(BRAIN, looks=FOR_EVER) as server:
        async with rigged(tmp_path, server) as rig:
            await left_behind(rig, range(2), server, 1)
    with FakeBatches(BRAIN) as other:
        async with rigged(tmp_path, other) as rig:
            outcomes = await rig.ask(*map(request, range(2)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            assert rig.statuses() == ["error", "error", "ok", "ok"]
            assert all(row["estimated_completion_tokens"] == 20 for row in rig.rows()[:2])


async def test_who_goes_before_the_batch_is_made_sends_nothing(tmp_path: Path) -> None:
    with FakeBatches(BRAIN) as server:
        async with rigged(tmp_path, server, batch={"gather_s": 60}) as rig:
            asker = asyncio.create_task(rig.ask(request(1), request(2)))
            while len(rig.rows()) < 2:
                await asyncio.sleep(0.005)
            asker.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asker
            await asyncio.wait_for(rig.metering.drain(), 5)
            assert rig.statuses() == ["unsent"] * 2
            rig.balances_with(server)
    assert not server.calls["upload"]


@pytest.mark.parametrize("kind", ["look", "content"])
async def test_a_server_that_does_not_answer_leaves_the_rows_open(
    kind: str, tmp_path: Path
) -> None:
    gone = ApiFault(Reaction(cut="before headers"))
    with FakeBatches(BRAIN, api=always([kind], gone)) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(request(1), request(2))
            assert all(isinstance(one, StillOutDown) for one in outcomes)
            assert "evokd resume" in str(outcomes[0])
            assert rig.statuses() == ["open"] * 2
        server.api = lambda kind, number: None
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(request(1), request(2))
            assert all(isinstance(one, Answer) for one in outcomes)
            rig.balances_with(server)
    assert len(server.batches) == 1


async def test_nobody_can_tell_whether_a_batch_was_made(tmp_path: Path) -> None:
    lost = ApiFault(Reaction(cut="before headers"), works=True)
    silent = ApiFault(Reaction(cut="before headers"))
    plan = {("create", 1): lost, **{("list", number): silent for number in range(1, 20)}}
    with FakeBatches(BRAIN, api=nth(plan)) as server:
        async with rigged(tmp_path, server, retries=1) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, StillOutDown)
            assert rig.statuses() == ["open"]
        server.api = lambda kind, number: None
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Answer)
            rig.balances_with(server)
    assert len(server.batches) == 1


def test_records_survive_a_torn_line(tmp_path: Path) -> None:
    file = tmp_path / "batches.jsonl"
    records = BatchRecords(file)
    records.plan("k1", "m", ["a", "b"])
    records.made("k1", "batch_1")
    with file.open("ab") as torn:
        torn.write(b'{"key": "k2", "calls": ["c"')
    again = BatchRecords(file)
    again.plan("k3", "m", ["d"])
    again.drop("k3")
    last = BatchRecords(file)
    found = last.of("b")
    assert found is not None and (found.key, found.batch) == ("k1", "batch_1")
    assert last.of("c") is None and last.of("d") is None


def _forget(folder: Path, name: str) -> None:
    """As if the process had been killed before it could write this down."""
    file = folder / "batches.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    kept = [json.dumps(row) for row in rows if name not in row]
    with contextlib.suppress(FileNotFoundError):
        file.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
