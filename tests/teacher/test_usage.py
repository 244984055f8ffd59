"""What was spent, by usages in the forms that servers send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import BudgetConfig
from evokd.ledger.budget import Budget, BudgetReached
from evokd.ledger.call import Usage
from evokd.teacher.client import Answer
from evokd.teacher.usage import read_usage
from tests.servers.fake_chat import FakeChat, Reaction, Served
from tests.servers.mischief import said, usage
from tests.servers.rig import BRAIN, request, rigged


def body(prompt: Any, completion: Any, total: Any = None, thought: Any = None) -> dict[str, Any]:
    found = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
    if thought is not None:
        found["completion_tokens_details"] = {"reasoning_tokens": thought}
    return {"usage": {name: value for name, value in found.items() if value is not None}}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (body(9, 50, 59, 40), Usage(9, 50, reasoning=40)),  # OpenAI: the thinking is in the 50
        (body(9, 50, None, 40), Usage(9, 50, reasoning=40)),
        (body(9, 10, 59, 40), Usage(9, 50, reasoning=40)),  # xAI: beside them
        (body(9, 50, 99, 40), Usage(9, 90, reasoning=40)),
        (body(9, 10, 19, 40), Usage(9, 50, reasoning=40)),  # no part is larger than the whole
        (body(9, 10, None, 40), Usage(9, 50, reasoning=40)),
        (body(9, 10, 59), Usage(9, 50, reasoning=40)),  # Gemini: in the total alone
        (body(9, 10, 59, 0), Usage(9, 50, reasoning=40)),
        (body(9, 10, 19), Usage(9, 10)),
        (body(9, 10, 5), Usage(9, 10)),  # a total below its parts
        (body(9, 10, 5000, 4), Usage(9, 10, reasoning=4)),  # one that agrees with none of them
        (body(9, 10, 2**70), Usage(9, 10)),
        (body(9, 10, "19"), Usage(9, 10)),
        (body(9, 0, 9), Usage(9, 0)),
    ],
)
def test_of_the_readings_that_agree_with_the_parts_the_largest(
    sent: dict[str, Any], read: Usage
) -> None:
    assert read_usage(sent) == read


@pytest.mark.parametrize(
    "sent", [body(0, 0, 0), body(0, 12, 12), body(None, 12, 30), body(None, None, 30), {}, None, []]
)
def test_a_usage_without_a_prompt_is_none(sent: Any) -> None:
    assert read_usage(sent) is None


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**7), st.integers(0, 10**6))
def test_no_reading_is_below_what_the_server_said(p: int, c: int, t: int, r: int) -> None:
    found = read_usage(body(p, c, t, r))
    assert found is not None and found.prompt == p
    assert found.completion >= max(c, r)
    assert found.reasoning <= found.completion


async def test_thinking_in_the_total_alone_is_in_the_books(tmp_path: Path) -> None:
    def react(payload: Any, answer: dict[str, Any], served: Served) -> Reaction:
        answer["usage"] = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 500}
        return Reaction(body=json.dumps(answer).encode(), usage=(9, 491))

    with FakeChat(BRAIN, lambda _: react) as server:
        async with rigged(tmp_path, server) as rig:
            await rig.ask(request(1))
            (row,) = rig.rows()
            assert (row["completion_tokens"], row["reasoning_tokens"]) == (491, 488)
            assert row["estimated_completion_tokens"] == 0
            rig.balances_with(server)


NOTHING = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize("sent", [NOTHING, {"completion_tokens": 3}, {"total_tokens": 3}])
async def test_a_budget_ends_though_the_server_says_nothing_was_spent(
    sent: dict[str, int], tmp_path: Path
) -> None:
    with FakeChat(BRAIN, lambda _: usage(sent)) as server:
        async with rigged(tmp_path, server) as rig:
            rig.metering.budget = Budget(BudgetConfig(tokens=300))
            for number in range(100):
                (outcome,) = await rig.ask(request(number))
                if isinstance(outcome, BudgetReached):
                    break
                assert isinstance(outcome, Answer)
            assert isinstance(outcome, BudgetReached)
            assert all(row["estimated_prompt_tokens"] > 0 for row in rig.rows())
            assert rig.metering.budget.tokens <= 300


async def test_thinking_is_part_of_the_estimate(tmp_path: Path) -> None:
    thought = f'<think>{"so it is " * 200}</think>{{"1": "yes"}}'

    def react(payload: Any, answer: dict[str, Any], served: Served) -> Reaction:
        answer["usage"] = None
        return said(thought)(payload, answer, served)

    with FakeChat(BRAIN, lambda _: react) as server:
        async with rigged(tmp_path, server) as rig:
            await rig.ask(request(1))
            (row,) = rig.rows()
            assert row["status"] == "ok"
            assert row["completion_tokens"] == row["estimated_completion_tokens"] > 400
