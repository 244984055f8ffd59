"""A role whose first calls come to nothing is asked no more; one usable reply settles it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evokd.ledger.budget import BudgetReached
from evokd.teacher.client import Answer
from evokd.teacher.faults import RoleSilent, Unusable
from evokd.teacher.limiter import Limiter
from evokd.teacher.trial import FIRST_CALLS, Trial
from tests.servers.fake_chat import FakeChat, Mischief, Served
from tests.servers.mischief import FAULTS, every, slow, status
from tests.servers.rig import BRAIN, request, rigged

MANY = range(40)


async def test_a_role_that_is_refused_is_asked_no_more(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, status(400, "The model takes no such texts."))) as server:
        async with rigged(tmp_path, server, concurrency=3) as rig:
            outcomes = await rig.ask(*map(request, MANY))
            rig.balances_with(server)
        assert server.bill.requests <= FIRST_CALLS + 2
    assert {type(one) for one in outcomes} == {Unusable, RoleSilent}
    silent = next(one for one in outcomes if isinstance(one, RoleSilent))
    assert "labeler: none of its first" in str(silent) and "no such texts" in str(silent)


async def test_calls_one_after_another_are_counted_too(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, FAULTS["prose"])) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = [(await rig.ask(request(number)))[0] for number in range(FIRST_CALLS + 1)]
            rig.balances_with(server)
        assert server.bill.requests == 2 * FIRST_CALLS  # each with its repair turn
    kinds = [type(one) for one in outcomes]
    assert kinds == [Unusable] * (FIRST_CALLS - 1) + [RoleSilent] * 2


@pytest.mark.parametrize("place", [1, 5])
async def test_one_usable_reply_lets_all_others_go(place: int, tmp_path: Path) -> None:
    """However late it comes: nothing is decided while a request is on its way."""

    def plan(served: Served) -> Mischief | None:
        if served.number == place:
            return slow(0.4)
        return status(422) if served.number <= 8 else None

    with FakeChat(BRAIN, plan) as server:
        async with rigged(tmp_path, server, concurrency=5) as rig:
            outcomes = await rig.ask(*map(request, MANY))
            rig.balances_with(server)
    assert {type(one) for one in outcomes} == {Answer, Unusable}
    assert sum(isinstance(one, Answer) for one in outcomes) > len(MANY) / 2


async def test_a_retry_of_what_has_left_waits_for_nothing(tmp_path: Path) -> None:
    """The only call that could still be of use is retried while all others wait for it."""

    def plan(served: Served) -> Mischief | None:
        if '"a fine lid 0"' in served.key or "lid 0" in served.key:
            return status(503) if served.number < 12 else None
        return status(400)

    with FakeChat(BRAIN, plan) as server:
        async with rigged(tmp_path, server, concurrency=2, retries=12) as rig:
            outcomes = await asyncio.wait_for(rig.ask(*map(request, range(12))), 10)
            rig.balances_with(server)
    assert isinstance(outcomes[0], Answer)
    assert {type(one) for one in outcomes[1:]} == {Unusable}


async def test_what_an_earlier_process_got_counts(tmp_path: Path) -> None:
    with FakeChat(BRAIN) as server:
        async with rigged(tmp_path, server) as rig:
            await rig.ask(request(1))
        server.plan = every(1, status(400))
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(2, 12)))
    assert {type(one) for one in outcomes} == {Unusable}


async def test_a_budget_that_keeps_the_others_at_home_decides_it() -> None:
    """The second endpoint is never asked: the first one's silence is the role's."""
    trial, limiter = Trial("labeler", passed=False), Limiter(8)

    async def refused(after_s: float) -> None:
        with trial.call(0):
            await asyncio.sleep(after_s)
            async with trial.place(limiter):
                pass
            trial.failed("no")

    async def kept_at_home() -> None:
        with trial.call(1):
            await asyncio.sleep(0.2)
            raise BudgetReached("calls", None)

    calls = [*(refused(0) for _ in range(FIRST_CALLS)), refused(0.1), kept_at_home()]
    came = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)
    assert came[:FIRST_CALLS] == [None] * FIRST_CALLS, "the other endpoint may be better"
    assert [type(one) for one in came[FIRST_CALLS:]] == [RoleSilent, BudgetReached]
