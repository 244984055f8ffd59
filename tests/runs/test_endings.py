from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evokd.runs.endings import reason_in_words, remark_in_words, share
from evokd.runs.run import Run
from evokd.runs.trace import TracedEvent


def event(kind: str, **body: Any) -> TracedEvent:
    return TracedEvent(1, kind, 1, "labeler", None, None, body)


@pytest.mark.parametrize(
    ("body", "ended", "said"),
    [
        ({"limit": "tokens", "spent": 4000, "allowed": 4000, "reached": True}, True,
         "4,000 of 4,000 tokens: the budget ended the run"),
        ({"limit": "tokens", "spent": 3950, "allowed": 4000, "reached": True}, False,
         "3,950 of 4,000 tokens: no further call fits"),
        ({"limit": "usd", "spent": 0.2, "allowed": 0.25, "reached": False}, False,
         "0.2 of 0.25 USD: little is left"),
        ({"limit": "seconds", "spent": 200.0, "allowed": 200.0, "reached": True}, True,
         "3 min 20 s of 3 min 20 s: the budget ended the run"),
        ({"limit": "calls", "spent": 9, "allowed": 10, "reached": True, "agent": "easy_generator"},
         True, "9 of 10 calls: no further call of the easy generator fits; it is passed over"),
        ({}, True, "unknown of unknown: little is left"),
    ],
)  # fmt: skip
def test_a_budget_is_told_in_words(body: dict[str, Any], ended: bool, said: str) -> None:
    assert remark_in_words(event("budgeted", **body), ended) == said


def test_ends_and_warnings_are_sentences() -> None:
    stopped = event("stopped", status="done", reason="budget.tokens is reached")
    assert remark_in_words(stopped, True) == "The run ended: the budget is used up (tokens)"
    assert (
        remark_in_words(event("stopped", status="failed", reason="x"), True) == "The run failed: x"
    )
    warned = event("warned", text="budget.per_agent.critic.calls is reached; critic is passed over")
    said = "the budget of the critic is used up (calls); critic is passed over"
    assert remark_in_words(warned, False) == said


@pytest.mark.parametrize(
    ("reason", "budget", "spent", "said"),
    [
        ("budget.tokens is reached", {"tokens": 4000}, {"tokens": 3982.0},
         "the budget ended the run: 3,982 of 4,000 tokens, and no further call fits"),
        ("budget.tokens is reached", {"tokens": 4000}, {"tokens": 4000.0},
         "the budget ended the run: 4,000 of 4,000 tokens"),
        ("budget.tokens is reached", {"tokens": 4000}, {},
         "the budget of 4,000 tokens is used up"),
        ("budget.calls is reached", {}, {}, "the budget of calls is used up"),
        ("budget.per_agent.critic.usd is reached", {"per_agent": {"critic": {"usd": 0.5}}}, {},
         "the budget of the critic of 0.5 USD is used up"),
        ("6 rounds done", {}, {}, "6 rounds done"),
    ],
)  # fmt: skip
def test_the_reason_of_a_run(
    reason: str, budget: dict[str, Any], spent: dict[str, float], said: str
) -> None:
    run = Run("one", Path("one"), {"reason": reason, "status": "done"}, {"budget": budget})
    assert reason_in_words(run, spent) == said


def test_a_run_that_says_nothing_has_no_reason() -> None:
    assert reason_in_words(Run("one", Path("one"))) == ""
    assert share("tokens", None, 5) == "unknown of 5 tokens"
