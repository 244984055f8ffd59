from __future__ import annotations

import math

from evokd.config import AgentBudget, BudgetConfig
from evokd.ledger.budget import Budget
from evokd.ledger.call import Amounts


def test_little_is_left_from_four_fifths_on() -> None:
    limits = BudgetConfig(tokens=100, calls=10)
    assert Budget(limits, {"critic": Amounts(79, 0.0, 7)}).low("critic") == []
    assert Budget(limits, {"critic": Amounts(80, 0.0, 7)}).low("critic") == [("tokens", None)]
    both = Budget(limits, {"critic": Amounts(50, 0.0, 5), "labeler": Amounts(30, 0.0, 3)})
    assert both.low("analyst") == [("tokens", None), ("calls", None)]


def test_an_agents_own_limit_is_its_own() -> None:
    limits = BudgetConfig(tokens=None, per_agent={"critic": AgentBudget(tokens=10)})
    budget = Budget(limits, {"critic": Amounts(9, 0.0, 1), "labeler": Amounts(900, 0.0, 90)})
    assert budget.low("critic") == [("tokens", "critic")]
    assert budget.low("labeler") == []
    assert budget.standing("tokens", "critic") == (9, 10)


def test_no_limit_is_never_low() -> None:
    budget = Budget(BudgetConfig(tokens=None), {"critic": Amounts(10**9, 1e6, 10**6)})
    assert budget.low("critic") == []
    assert budget.standing("usd", None) == (1e6, math.inf)


def test_seconds_count_from_the_first_process() -> None:
    now = [0.0]
    budget = Budget(BudgetConfig(tokens=None, seconds=10), elapsed_s=6.0, clock=lambda: now[0])
    assert budget.low("critic") == []
    now[0] = 2.0
    assert budget.low("critic") == [("seconds", None)]
