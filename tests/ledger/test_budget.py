from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import AgentBudget, BudgetConfig
from evokd.ledger.budget import Budget, BudgetReached
from evokd.ledger.call import Amounts


async def test_what_is_reserved_is_settled_for_what_it_came_to() -> None:
    budget = Budget(BudgetConfig(tokens=100))
    hold = await budget.reserve("analyst", Amounts(90, calls=1))
    assert budget.in_flight == 1
    budget.settle(hold, Amounts(10, calls=1))
    assert (budget.tokens, budget.in_flight) == (10, 0)
    await budget.reserve("analyst", Amounts(90, calls=1))


async def test_a_request_waits_for_those_in_flight() -> None:
    budget = Budget(BudgetConfig(tokens=100))
    first = await budget.reserve("labeler", Amounts(80, calls=1))
    second = asyncio.create_task(budget.reserve("labeler", Amounts(60, calls=1)))
    await asyncio.sleep(0)
    assert not second.done()
    budget.settle(first, Amounts(30, calls=1))
    await second
    assert budget.in_flight == 1


async def test_a_waiting_request_learns_that_it_will_never_fit() -> None:
    budget = Budget(BudgetConfig(tokens=100))
    first = await budget.reserve("labeler", Amounts(80, calls=1))
    second = asyncio.create_task(budget.reserve("labeler", Amounts(60, calls=1)))
    await asyncio.sleep(0)
    budget.settle(first, Amounts(80, calls=1))
    with pytest.raises(BudgetReached, match=r"budget\.tokens is reached"):
        await second


async def test_an_agents_own_limit_names_the_agent() -> None:
    limits = BudgetConfig(tokens=None, calls=9, per_agent={"critic": AgentBudget(calls=1)})
    budget = Budget(limits, {"critic": Amounts(5, 0.0, 1)})
    with pytest.raises(BudgetReached) as reached:
        await budget.reserve("critic", Amounts(1, calls=1))
    assert reached.value.agent == "critic"
    await budget.reserve("labeler", Amounts(1, calls=1))


async def test_seconds_include_earlier_processes() -> None:
    now = [0.0]
    budget = Budget(BudgetConfig(seconds=10), elapsed_s=9.0, clock=lambda: now[0])
    await budget.reserve("analyst", Amounts(1, calls=1))
    now[0] = 1.5
    with pytest.raises(BudgetReached, match="seconds"):
        await budget.reserve("analyst", Amounts(1, calls=1))


async def test_a_request_that_never_left_costs_nothing() -> None:
    budget = Budget(BudgetConfig(tokens=None, calls=1))
    for _ in range(3):
        budget.settle(await budget.reserve("analyst", Amounts(1, calls=1)), Amounts(0))
    budget.settle(await budget.reserve("analyst", Amounts(1, calls=1)), Amounts(5, calls=1))
    with pytest.raises(BudgetReached, match="calls"):
        await budget.reserve("analyst", Amounts(1, calls=1))


@given(
    needs=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), min_size=1, max_size=30),
    limit=st.integers(1, 200),
)
def test_the_limit_holds_when_requests_cost_at_most_what_they_reserved(
    needs: list[tuple[int, int]], limit: int
) -> None:
    async def spend(budget: Budget, need: int, cost: int) -> None:
        try:
            hold = await budget.reserve("labeler", Amounts(need, calls=1))
        except BudgetReached:
            return
        await asyncio.sleep(0)
        budget.settle(hold, Amounts(min(need, cost), calls=1))

    async def everybody() -> int:
        budget = Budget(BudgetConfig(tokens=limit))
        await asyncio.gather(*(spend(budget, need, cost) for need, cost in needs))
        assert budget.in_flight == 0
        return budget.tokens

    assert asyncio.run(everybody()) <= limit


async def test_what_an_earlier_process_reserved_is_taken_up() -> None:
    """It counts as spent until then, and is settled for what it came to: once."""
    budget = Budget(BudgetConfig(tokens=100), {"writer": Amounts(80, 0.5, 1)})
    hold = budget.take_up("writer", Amounts(80, 0.5, 1))
    assert (budget.tokens, budget.in_flight) == (0, 1)
    second = asyncio.create_task(budget.reserve("writer", Amounts(60, calls=1)))
    await asyncio.sleep(0)
    assert not second.done()
    budget.settle(hold, Amounts(30, 0.2, 1))
    await second
    assert budget.tokens == 30
