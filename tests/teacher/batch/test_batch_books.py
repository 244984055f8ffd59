"""What batches leave in the ledger, whatever becomes of them and of their lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import BudgetConfig
from evokd.ledger.budget import BudgetReached
from evokd.store.events import Batched, Warned
from evokd.teacher.client import Answer
from evokd.teacher.faults import TeacherDown, Unusable
from tests.servers.fake_batches import ApiFault, FakeBatches, Fate, always, nth
from tests.servers.fake_chat import FakeChat, Reaction
from tests.servers.mischief import FAULTS, at, every, status
from tests.servers.rig import BRAIN, request
from tests.servers.rig import rigged as asked_one_by_one
from tests.teacher.batch.rig import rigged

PRICE = {"prompt": 2.0, "completion": 8.0}


async def test_the_calls_of_a_step_are_one_batch_at_half_the_price(tmp_path: Path) -> None:
    with FakeBatches(BRAIN, looks=3) as server:
        async with rigged(tmp_path, server, price=PRICE) as rig:
            outcomes = await rig.ask(*map(request, range(20)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
            rows = rig.rows()
            told = [event for event in rig.events if isinstance(event, Batched)]
    assert len(server.batches) == 1 and len(server.batches[0].lines) == 20
    assert {line["custom_id"] for line in server.batches[0].lines} == {row["id"] for row in rows}
    spent = sum(row["usd"] for row in rows)
    prompt, completion = server.bill.prompt_tokens, server.bill.completion_tokens
    assert spent == pytest.approx((prompt * 2.0 + completion * 8.0) / 2 / 1e6)
    assert [event.status for event in told] == ["in_progress", "completed"]
    assert (told[-1].requests, told[-1].done) == (20, 20)


async def test_a_line_asks_what_the_chat_would_be_asked(tmp_path: Path) -> None:
    for name in ("chat", "batch"):
        (tmp_path / name).mkdir()
    settings: dict[str, Any] = {"omit": ("seed",), "system": "user"}
    with FakeChat(BRAIN) as chat, FakeBatches(BRAIN) as server:
        async with asked_one_by_one(tmp_path / "chat", chat, **settings) as rig:
            await rig.ask(request(1))
        async with rigged(tmp_path / "batch", server, **settings) as rig:
            await rig.ask(request(1))
    said = json.loads(chat.bill.served[0].key)
    assert server.batches[0].lines[0]["body"] == {k: v for k, v in said.items() if k != "stream"}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_line_goes_wrong_at_first(name: str, tmp_path: Path) -> None:
    with FakeBatches(BRAIN, at({1: FAULTS[name]})) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            rig.balances_with(server)
            lost = name in ("400", "413")
            assert isinstance(outcome, Unusable if lost else Answer), outcome
            assert len(server.batches) == len(rig.rows())


@pytest.mark.parametrize("name", ["429", "500", "timeout", "not JSON", "null choices", "prose"])
async def test_a_line_goes_wrong_for_good(name: str, tmp_path: Path) -> None:
    with FakeBatches(BRAIN, every(1, FAULTS[name])) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(request(1), request(2))
            rig.balances_with(server)
            down = name not in ("null choices", "prose")
            for outcome in outcomes:
                assert isinstance(outcome, TeacherDown if down else Unusable), outcome
    assert [len(batch.lines) for batch in server.batches] == [2] * (2 if name == "prose" else 3)


async def test_only_what_failed_goes_into_the_next_batch(tmp_path: Path) -> None:
    with FakeBatches(BRAIN, at({2: FAULTS["500"], 5: FAULTS["timeout"]})) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(6)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
            lost = [row for row in rig.rows() if "no file of it tells" in (row["error"] or "")]
    assert [len(batch.lines) for batch in server.batches] == [6, 2]
    assert [row["estimated_completion_tokens"] for row in lost] == [20]


async def test_a_refused_parameter_is_left_out_of_the_next_batch(tmp_path: Path) -> None:
    refused = status(400, "Unsupported parameter: 'seed'")
    with FakeBatches(BRAIN, at(dict.fromkeys(range(1, 5), refused))) as server:
        async with rigged(tmp_path, server, retries=0) as rig:
            outcomes = await rig.ask(*map(request, range(4)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
    first, second = server.batches
    assert all("seed" in line["body"] for line in first.lines)
    assert not any("seed" in line["body"] for line in second.lines)


async def test_what_an_expired_batch_had_not_done_is_asked_again(tmp_path: Path) -> None:
    with FakeBatches(BRAIN, fates={1: Fate("expired", done=2)}) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(5)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
            assert rig.statuses().count("error") == 3
    assert [len(batch.lines) for batch in server.batches] == [5, 3]
    assert set(server.lines.values()) == {1}


async def test_a_cancelled_batch_is_somebody_s_will(tmp_path: Path) -> None:
    with FakeBatches(BRAIN, fates={1: Fate("cancelled", done=1)}) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(3)))
            rig.balances_with(server)
    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == ["Answer", "TeacherDown", "TeacherDown"]
    assert len(server.batches) == 1
    assert "batch_cancelled" in str(next(one for one in outcomes if isinstance(one, TeacherDown)))


async def test_a_batch_that_fails_as_a_whole_ends_the_run(tmp_path: Path) -> None:
    said = {"code": "model_not_found", "message": "The model has no Batch API", "line": None}
    with FakeBatches(BRAIN, fates={1: Fate("failed", complaints=(said,))}) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(3)))
            rig.balances_with(server)
            assert rig.statuses() == ["error"] * 3
    assert all(isinstance(one, TeacherDown) and "no Batch API" in str(one) for one in outcomes)
    assert len(server.batches) == 1


async def test_a_bad_line_costs_its_own_row(tmp_path: Path) -> None:
    said = {"code": "invalid_request", "message": "the prompt is too long", "line": 2}
    with FakeBatches(BRAIN, fates={1: Fate("failed", complaints=(said,))}) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(3)))
            rig.balances_with(server)
    assert sorted(type(one).__name__ for one in outcomes) == ["Answer", "Answer", "Unusable"]
    assert [len(batch.lines) for batch in server.batches] == [3, 2]


async def test_a_full_queue_gets_smaller_batches(tmp_path: Path) -> None:
    full = {"code": "token_limit_exceeded", "message": "Enqueued token limit", "line": None}
    fates = {1: Fate("failed", complaints=(full,)), 2: Fate("failed", complaints=(full,))}
    with FakeBatches(BRAIN, fates=fates) as server:
        async with rigged(tmp_path, server, retries=5) as rig:
            outcomes = await rig.ask(*map(request, range(16)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
    sizes = [len(batch.lines) for batch in server.batches]
    assert sizes[:2] == [16, 8] and sizes[2] <= 4


def hostile(lines: list[bytes]) -> list[bytes]:
    """The same answers, among what no server should send."""
    stranger = json.dumps({"custom_id": "nobody", "response": {"status_code": 200, "body": {}}})
    twice = json.loads(lines[0])
    twice["response"]["body"]["usage"] = {"prompt_tokens": 10**6, "completion_tokens": 10**6}
    odd: list[Any] = [{"custom_id": 7}, {"custom_id": twice["custom_id"]}, [1], None, "x"]
    return [
        b'{"custom_id": "torn',
        stranger.encode(),
        b"",
        b"[" * 100_000,
        b"\xff\xfe",
        *lines,
        json.dumps(twice).encode(),
        *(json.dumps(one).encode() for one in odd),
    ]


async def test_a_hostile_file_costs_nobody_an_answer(tmp_path: Path) -> None:
    with FakeBatches(BRAIN, mangle=hostile) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(*map(request, range(4)))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
            told = [event.text for event in rig.events if isinstance(event, Warned)]
    assert any("no JSON object" in text for text in told)
    assert any("second lines" in text for text in told)
    assert any("not in the batch" in text for text in told)


async def test_an_empty_file_is_answers_lost(tmp_path: Path) -> None:
    files = iter([[b"{}"]])
    with FakeBatches(BRAIN, mangle=lambda lines: next(files, lines)) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Answer)
            lost, found = rig.rows()
    assert lost["status"] == "error" and lost["estimated_completion_tokens"] == 20
    assert found["status"] == "ok" and len(server.batches) == 2


BUSY = ApiFault(Reaction(503, body=b'{"error": {"message": "busy"}}'))


async def test_faults_of_the_api_cost_patience_alone(tmp_path: Path) -> None:
    kinds = ("upload", "create", "look", "content")
    plan = nth({(kind, number): BUSY for kind in kinds for number in (1, 2)})
    with FakeBatches(BRAIN, looks=3, api=plan) as server:
        async with rigged(tmp_path, server, retries=3) as rig:
            outcomes = await rig.ask(request(1), request(2))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
    assert len(server.batches) == 1


@pytest.mark.parametrize(
    "lost",
    [
        Reaction(cut="before headers"),
        Reaction(cut="mid-body", body=b"{" * 99),
        Reaction(502),
        Reaction(body=b"<html>"),
    ],
)
async def test_a_batch_whose_making_was_not_answered_is_found(
    lost: Reaction, tmp_path: Path
) -> None:
    plan = nth({("create", 1): ApiFault(lost, works=True)})
    with FakeBatches(BRAIN, api=plan, page=1) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(request(1), request(2))
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            rig.balances_with(server)
    assert len(server.batches) == 1 and server.calls["create"] == 1


@pytest.mark.parametrize("again", [True, False], ids=["lost again", "answered"])
async def test_a_batch_that_is_listed_late_is_not_paid_twice(again: bool, tmp_path: Path) -> None:
    """The list doesn't show it at first, so it is made again; then the double is cancelled."""
    lost = ApiFault(Reaction(cut="before headers"), works=True)
    empty = ApiFault(Reaction(body=b'{"object": "list", "data": []}'))
    faults = {("create", 1): lost, ("list", 1): empty}
    plan = nth(faults | {("create", 2): lost} if again else faults)
    with FakeBatches(BRAIN, api=plan) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Answer)
    assert [batch.cancelled for batch in server.batches] == [True, False]


async def test_a_server_without_the_api_is_told_of(tmp_path: Path) -> None:
    nothing = ApiFault(Reaction(404, body=b'{"detail": "Not Found"}'))
    with FakeBatches(BRAIN, api=always(["upload", "list"], nothing)) as server:
        async with rigged(tmp_path, server) as rig:
            outcomes = await rig.ask(request(1), request(2))
            assert all(isinstance(one, TeacherDown) for one in outcomes)
            assert "leave `batch` out" in str(outcomes[0])
            assert rig.statuses() == ["unsent"] * 2
            rig.balances_with(server)
            missing = await rig.by_batches.missing()
            assert missing is not None and "leave `batch` out" in missing


async def test_a_budget_that_holds_some_sends_some(tmp_path: Path) -> None:
    budget = BudgetConfig(tokens=200)
    with FakeBatches(BRAIN) as server:
        async with rigged(tmp_path, server, budget=budget) as rig:
            outcomes = await rig.ask(*map(request, range(20)))
            rig.balances_with(server)
            assert rig.metering.budget.tokens <= 200
    assert {type(one) for one in outcomes} == {Answer, BudgetReached}
    assert len(server.batches) > 1
    assert sum(isinstance(one, Answer) for one in outcomes) == server.bill.requests
    assert server.bill.requests > len(server.batches[0].lines)
