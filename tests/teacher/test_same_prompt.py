"""Several completions of one prompt: one request, one row, every token booked, whatever server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evokd.config import BudgetConfig
from evokd.ledger.budget import Budget, BudgetReached
from evokd.store.events import Called, Misread, Warned
from evokd.teacher.client import Answer, Asked
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Message, Prompt, Request
from tests.servers.brain import Brain, Payload
from tests.servers.fake_chat import FakeChat, Plan, Reaction, Served, good
from tests.servers.mischief import RETRIED, at, changed, every, sometimes, status, usage
from tests.servers.rig import BRAIN, rigged

PROMPT = Prompt((Message("user", "Write one."),), "t", "sha")
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def parse(reply: Reply) -> str:
    if not reply.text:
        raise Unusable("empty")
    return reply.text


def asked(n: int, prompt: Prompt = PROMPT) -> list[Asked[str]]:
    request = Request("hard_generator", "", prompt, 1.0, 40, schema=SCHEMA)
    return [Asked(replace(request, call_key=f"text-{at}"), parse) for at in range(n)]


def texts(came: Sequence[object]) -> list[str]:
    return [one.value for one in came if isinstance(one, Answer)]


async def test_one_request_one_row_all_tokens(tmp_path: Path) -> None:
    with FakeChat(BRAIN) as server:
        async with rigged(tmp_path, server) as rig:
            came = await rig.client.ask_same(asked(4))
            assert len(set(texts(came))) == 4
            assert server.bill.requests == 1
            (row,) = rig.rows()
            assert row["completion_tokens"] == sum(len(one.split()) + 1 for one in texts(came))
            assert (row["max_tokens"], row["estimated_completion_tokens"]) == (160, 0)
            rig.balances_with(server)
            (told,) = (event for event in rig.events if isinstance(event, Called))
            assert told.completions == 4
            assert all(text in (told.reply or "") for text in texts(came))


async def test_a_single_question_is_asked_as_ever(tmp_path: Path) -> None:
    seen: list[Payload] = []
    with FakeChat(BRAIN, _keeping(seen)) as server:
        async with rigged(tmp_path, server) as rig:
            (alone,) = await rig.client.ask_same(asked(1))
            assert isinstance(alone, Answer)
    assert "n" not in seen[0]
    request = asked(1)[0].request
    assert request.sha("m", 1) == replace(request, n=1).sha("m", 1)
    assert request.sha("m", 1) != replace(request, n=2).sha("m", 1)


def _keeping(seen: list[Payload]) -> Plan:
    def mischief(payload: Payload, answer: dict[str, object], served: Served) -> Reaction:
        seen.append(payload)
        return good(answer)

    return lambda _: mischief


async def test_the_journal_gives_the_same_texts_again(tmp_path: Path) -> None:
    with FakeChat(BRAIN) as server:
        async with rigged(tmp_path, server) as rig:
            first = texts(await rig.client.ask_same(asked(3)))
            again = texts(await rig.client.ask_same(asked(3)))
            assert first == again
            assert server.bill.requests == 1
            assert rig.statuses() == ["ok", "replayed"]


async def test_a_useless_completion_is_dropped_and_told(tmp_path: Path) -> None:
    def spoil(answer: dict[str, object]) -> None:
        answer["choices"][1]["message"]["content"] = None  # type: ignore[index]
        answer["choices"][2] = None  # type: ignore[index]

    with FakeChat(BRAIN, every(1, changed(spoil))) as server:
        async with rigged(tmp_path, server) as rig:
            came = await rig.client.ask_same(asked(4))
            assert [isinstance(one, Answer) for one in came] == [True, False, False, True]
            assert rig.statuses() == ["ok"]
            told = [event for event in rig.events if isinstance(event, Misread)]
            assert len(told) == 2 and {event.call for event in told} == {rig.rows()[0]["id"]}
            rig.balances_with(server)


async def test_where_none_is_of_use_the_call_is_rejected(tmp_path: Path) -> None:
    def spoil(answer: dict[str, object]) -> None:
        for choice in answer["choices"]:  # type: ignore[attr-defined]
            choice["message"]["content"] = ""

    with FakeChat(BRAIN, at({1: changed(spoil)})) as server:
        async with rigged(tmp_path, server) as rig:
            came = await rig.client.ask_same(asked(3))
            assert all(isinstance(one, Unusable) for one in came)
            assert rig.statuses() == ["rejected"]
            assert len(texts(await rig.client.ask_same(asked(3), lambda wrong: wrong))) == 3


async def test_a_server_that_ignores_n_is_asked_one_by_one_from_then_on(tmp_path: Path) -> None:
    with FakeChat(replace(BRAIN, most=1)) as server:
        async with rigged(tmp_path, server) as rig:
            came = await rig.client.ask_same(asked(4))
            assert len(texts(came)) == 4
            assert server.bill.requests == 4
            (told,) = (event for event in rig.events if isinstance(event, Warned))
            assert "one by one" in told.text
            other = replace(PROMPT, messages=(Message("user", "Another."),))
            await rig.client.ask_same(asked(3, other))
            assert server.bill.requests == 7
            assert [row["max_tokens"] for row in rig.rows()] == [160] + [40] * 6
            rig.balances_with(server)


async def test_what_was_asked_one_by_one_is_found_again_by_a_new_process(tmp_path: Path) -> None:
    with FakeChat(replace(BRAIN, most=1)) as server:
        async with rigged(tmp_path, server) as rig:
            first = texts(await rig.client.ask_same(asked(4)))
            other = replace(PROMPT, messages=(Message("user", "Another."),))
            second = texts(await rig.client.ask_same(asked(4, other)))
            sent = server.bill.requests
            rig.metering.without_n.clear()  # as after a kill
            assert texts(await rig.client.ask_same(asked(4, other))) == second
            assert texts(await rig.client.ask_same(asked(4))) == first
            assert server.bill.requests == sent


@pytest.mark.parametrize("code", [400, 422])
async def test_a_server_that_refuses_n_too(code: int, tmp_path: Path) -> None:
    with FakeChat(BRAIN, at({1: status(code, "n must be 1")})) as server:
        async with rigged(tmp_path, server) as rig:
            assert len(texts(await rig.client.ask_same(asked(3)))) == 3
            assert rig.statuses() == ["error", "ok", "ok", "ok"]
            assert any("n must be 1" in e.text for e in rig.events if isinstance(e, Warned))
            rig.balances_with(server)


async def test_a_server_that_gives_fewer_is_asked_for_the_rest(tmp_path: Path) -> None:
    with FakeChat(replace(BRAIN, most=3)) as server:
        async with rigged(tmp_path, server) as rig:
            assert len(texts(await rig.client.ask_same(asked(5)))) == 5
            assert server.bill.requests == 3
            assert not any(isinstance(event, Warned) for event in rig.events)
            rig.balances_with(server)


@pytest.mark.parametrize("tokenizes", [True, False])
async def test_usage_of_one_completion_is_made_up_for(tokenizes: bool, tmp_path: Path) -> None:
    with FakeChat(replace(BRAIN, counts_one=True), tokenizes=tokenizes) as server:
        async with rigged(tmp_path, server) as rig:
            came = texts(await rig.client.ask_same(asked(4)))
            (row,) = rig.rows()
            real = sum(len(text.split()) + 1 for text in came)
            assert row["completion_tokens"] >= 0.9 * real
            assert not tokenizes or row["completion_tokens"] == real
            assert 0 < row["estimated_completion_tokens"] < row["completion_tokens"]
            assert row["estimated_prompt_tokens"] == 0
            rig.balances_with(server)  # what is not flagged is what the server said


@pytest.mark.parametrize("tokenizes", [True, False])
@pytest.mark.parametrize("n", [2, 3, 8])
async def test_usage_of_all_is_believed(tokenizes: bool, n: int, tmp_path: Path) -> None:
    with FakeChat(BRAIN, tokenizes=tokenizes) as server:
        async with rigged(tmp_path, server) as rig:
            alone = replace(PROMPT, messages=(Message("user", "Alone."),))
            await rig.client.ask_same(asked(1, alone))  # tells what its tokens are
            await rig.client.ask_same(asked(n))
            assert [row["estimated_completion_tokens"] for row in rig.rows()] == [0, 0]


async def test_without_usage_all_completions_are_estimated(tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, usage(None))) as server:
        async with rigged(tmp_path, server) as rig:
            came = texts(await rig.client.ask_same(asked(4)))
            (row,) = rig.rows()
            assert row["estimated_completion_tokens"] == row["completion_tokens"] >= 3 * len(came)


async def test_a_lost_request_is_booked_with_all_it_may_have_cost(tmp_path: Path) -> None:
    with FakeChat(BRAIN, at({1: RETRIED["reset mid-body"]})) as server:
        async with rigged(tmp_path, server) as rig:
            await rig.client.ask_same(asked(4))
            assert rig.rows()[0]["completion_tokens"] == 160
            rig.balances_with(server)


async def test_fewer_are_asked_for_where_the_budget_carries_no_more(tmp_path: Path) -> None:
    with FakeChat(BRAIN) as server:
        async with rigged(tmp_path, server) as rig:
            rig.metering.budget = Budget(BudgetConfig(tokens=120))
            came = await rig.client.ask_same(asked(8))
            assert rig.rows()[0]["max_tokens"] == 80
            assert isinstance(came[-1], BudgetReached) and texts(came)
            assert rig.metering.budget.tokens <= 120
            rig.balances_with(server)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 6), most=st.sampled_from([1, 2, 128]))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_books_balance_whatever_goes_wrong(
    tmp_path_factory: pytest.TempPathFactory, seed: int, n: int, most: int
) -> None:
    faults = [RETRIED[name] for name in ("429", "500", "reset mid-body", "no choices")]
    brain = Brain(("no", "yes"), most=most, counts_one=seed % 2 == 0)
    with FakeChat(brain, sometimes(0.3, seed, faults)) as server:
        folder = tmp_path_factory.mktemp("books")
        async with rigged(folder, server, retries=6) as rig:
            await rig.client.ask_same(asked(n))
            rig.balances_with(server)


def test_completions_travel_through_the_journal() -> None:
    reply = Reply("a", "stop", None, others=(Reply("b", "length", None), Reply("c", "stop", None)))
    assert Reply.from_json(reply.to_json()) == reply
    assert "others" not in json.loads(Reply("a", "stop", None).to_json())
