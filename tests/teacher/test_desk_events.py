"""What a desk tells the trace, beyond the attempts themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import BudgetConfig
from evokd.ledger.budget import Budget
from evokd.store.events import Budgeted, Called, Misread, Replayed, Retried
from evokd.teacher.client import Answer
from evokd.teacher.faults import Unusable
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import FAULTS, at, every, said
from tests.servers.rig import BRAIN, EDGE, Rig, request, rigged


def calls(rig: Rig) -> list[Called]:
    return [event for event in rig.events if isinstance(event, Called)]


async def test_a_reply_that_can_not_be_read_is_told_and_asked_for_again(tmp_path: Path) -> None:
    with FakeChat(BRAIN, at({1: said("no JSON at all")})) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Answer)
    (told,) = (event for event in rig.events if isinstance(event, Misread))
    first, second = calls(rig)
    assert (told.call, told.slot, told.task) == (first.call, "slot-1", EDGE.task)
    assert told.repair and "no label" in told.reason
    assert (second.slot, second.call) == ("slot-1/repair-1", outcome.call)
    assert (first.status, second.status) == ("rejected", "ok")


async def test_the_last_reply_that_can_not_be_read_is_told_too(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, said("no JSON at all"))) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Unusable)
    told = [event for event in rig.events if isinstance(event, Misread)]
    assert [event.repair for event in told] == [True, False]
    assert [event.call for event in told] == [event.call for event in calls(rig)]


async def test_a_retry_says_which_call_it_is(tmp_path: Path) -> None:
    with FakeChat(BRAIN, at({1: FAULTS["429"]})) as server:
        async with rigged(tmp_path, server) as rig:
            await rig.ask(request(1))
    (told,) = (event for event in rig.events if isinstance(event, Retried))
    assert (told.slot, told.task, told.attempt) == ("slot-1", EDGE.task, 1)
    assert not any(isinstance(event, Misread) for event in rig.events)


async def test_an_answer_from_the_journal_is_told_and_costs_nothing(tmp_path: Path) -> None:
    with FakeChat(BRAIN) as server:
        async with rigged(tmp_path, server) as rig:
            (first,) = await rig.ask(request(1))
            (again,) = await rig.ask(request(1))
    assert isinstance(first, Answer) and isinstance(again, Answer)
    (told,) = (event for event in rig.events if isinstance(event, Replayed))
    assert told.call == first.call == again.call
    assert len(calls(rig)) == 1


async def test_attempts_carry_what_the_ledger_booked(tmp_path: Path) -> None:
    price = {"prompt": 1.0, "completion": 2.0}
    with FakeChat(BRAIN, at({1: FAULTS["no usage"]})) as server:
        async with rigged(tmp_path, server, price=price) as rig:
            await rig.ask(request(1))
            await rig.ask(request(2))
            rows = rig.rows()
    for event, row in zip(calls(rig), rows, strict=True):
        assert event.prompt_tokens == row["prompt_tokens"]
        assert (event.usd, event.prompt_sha) == (row["usd"], row["prompt_sha"])
    assert [event.estimated for event in calls(rig)] == [True, False]


@pytest.mark.parametrize("reached", [False, True])
async def test_a_limit_is_told_once(tmp_path: Path, reached: bool) -> None:
    with FakeChat(BRAIN) as server:
        async with rigged(tmp_path, server) as rig:
            rig.metering.budget = Budget(BudgetConfig(tokens=None, calls=4))
            for number in range(5 if reached else 4):
                await rig.ask(request(number))
            if reached:
                rig.metering.tell_budget(EDGE, "calls", None, True)
                rig.metering.tell_budget(EDGE, "calls", None, True)
    told = [event for event in rig.events if isinstance(event, Budgeted)]
    assert [event.reached for event in told] == [False, True][: 1 + reached]
    assert (told[0].limit, told[0].agent, told[0].spent, told[0].allowed) == ("calls", None, 4, 4)
