from __future__ import annotations

from evokd.config import BudgetConfig
from evokd.ledger.call import Amounts
from evokd.runs.pace import Milestone, rounds_expected, seconds_left


def closed(*tokens: int, each_s: float = 10.0) -> list[Milestone]:
    """The warm-up and rounds, by what was billed at their end."""
    return [
        Milestone(number, Amounts(spent, 0.0, 10 * number), 5 + each_s * number)
        for number, spent in enumerate(tokens)
    ]


def test_what_the_config_says_is_known_at_once() -> None:
    assert rounds_expected([], BudgetConfig(tokens=None), 6) == 6
    assert rounds_expected(closed(0), BudgetConfig(tokens=10_000), None) is None


def test_the_rest_of_the_budget_at_the_mean_of_the_rounds_so_far() -> None:
    assert rounds_expected(closed(0, 1_000, 2_000), BudgetConfig(tokens=6_000), None) == 6
    # what the warm-up spent is no round's
    assert rounds_expected(closed(3_000, 4_000), BudgetConfig(tokens=6_000), None) == 3


def test_the_tightest_limit_counts() -> None:
    budget = BudgetConfig(tokens=6_000, calls=40, seconds=1_000)
    assert rounds_expected(closed(0, 1_000, 2_000), budget, 5) == 4
    assert rounds_expected(closed(0, 1_000), BudgetConfig(tokens=6_000, seconds=35), 9) == 3


def test_a_budget_that_is_passed_expects_no_more() -> None:
    assert rounds_expected(closed(0, 1_000, 2_000), BudgetConfig(tokens=1_500), None) == 2


def test_time_left_at_the_mean_pace() -> None:
    rounds = closed(0, 1_000, 2_000)
    assert seconds_left(rounds, 6, 25, None) == 40
    assert seconds_left(rounds, 6, 33, None) == 32  # eight seconds of round 3 are over
    assert seconds_left(rounds, 2, 26, None) == 0
    assert seconds_left(rounds, None, 26, None) is None
    assert seconds_left([], None, 20, 50) == 30
