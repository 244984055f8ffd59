"""Why a run ended and what it was warned of, in words for people instead of keys of the config."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evokd.runs.formatting import span
from evokd.runs.run import Run, mapping, number
from evokd.runs.totals import LedgerTotals
from evokd.runs.trace import TracedEvent

NOUNS: Mapping[str, str] = {"tokens": "tokens", "usd": "USD", "calls": "calls"}
_REACHED = re.compile(
    r"budget(?:\.per_agent\.(?P<agent>\w+))?\.(?P<limit>tokens|usd|calls|seconds) is reached"
)


def amount(limit: str, value: float | None) -> str:
    """So much of a limit: `4,000`, `0.25`, `3 min 20 s`; without its noun."""
    if value is None:
        return "unknown"
    if limit == "seconds":
        return span(value)
    return f"{value:,.4f}".rstrip("0").rstrip(".") if limit == "usd" else f"{value:,.0f}"


def share(limit: str, spent: float | None, allowed: float | None) -> str:
    """`3,982 of 4,000 tokens`."""
    noun = NOUNS.get(limit, "")
    said = f"{amount(limit, spent)} of {amount(limit, allowed)}"
    return f"{said} {noun}" if noun else said


def spent_of(books: LedgerTotals | None) -> dict[str, float]:
    """Limit → what was billed of it; empty where the books can't be read."""
    if books is None:
        return {}
    found = {"tokens": float(books.tokens("billed")), "calls": float(books.calls)}
    return found | ({} if books.usd is None else {"usd": books.usd})


def reason_in_words(run: Run, spent: Mapping[str, float] | None = None) -> str:
    """Why a run ended; empty where it says nothing.

    Args:
        run: Its head.
        spent: Limit (tokens, usd, calls) → what was billed of it; None: it is not known.
    """
    reason = str(run.info.get("reason") or "")

    def told(found: re.Match[str]) -> str:
        limit, agent = found["limit"], found["agent"]
        budget = mapping(run.config.get("budget"))
        if agent:
            budget = mapping(mapping(budget.get("per_agent")).get(agent))
        allowed = number(budget.get(limit))
        whose = f"the budget of the {agent.replace('_', ' ')}" if agent else "the budget"
        if allowed is None:
            return f"{whose} of {NOUNS.get(limit, 'time')} is used up"
        used = run.seconds if limit == "seconds" else (spent or {}).get(limit)
        if agent or used is None:
            return f"{whose} of {share_of(limit, allowed)} is used up"
        rest = "" if used >= allowed else ", and no further call fits"
        return f"{whose} ended the run: {share(limit, used, allowed)}{rest}"

    return _REACHED.sub(told, reason)


def share_of(limit: str, allowed: float) -> str:
    """`4,000 tokens`, `3 min 20 s`."""
    return f"{amount(limit, allowed)} {NOUNS.get(limit, '')}".strip()


def remark_in_words(event: TracedEvent, ended: bool) -> str:
    """A warning, a budget or an end as a sentence.

    Args:
        event: Of type `warned`, `budgeted` or `stopped`.
        ended: Whether the run has ended for good.
    """
    if event.type == "budgeted":
        return _budget(event.body, ended)
    if event.type == "stopped":
        status = {"done": "The run ended", "failed": "The run failed"}.get(
            event.text("status"), f"The run is {event.text('status')}"
        )
        return f"{status}: {_plain(event.text('reason'))}" if event.text("reason") else status
    return _plain(event.text("text") or event.text("reason"))


def _budget(body: Mapping[str, Any], ended: bool) -> str:
    limit, agent = str(body.get("limit") or ""), str(body.get("agent") or "").replace("_", " ")
    said = share(limit, number(body.get("spent")), number(body.get("allowed")))
    if not body.get("reached"):
        return f"{said}: little is left" + (f" for the {agent}" if agent else "")
    if agent:
        return f"{said}: no further call of the {agent} fits; it is passed over"
    return f"{said}: the budget ended the run" if ended else f"{said}: no further call fits"


def _plain(text: str) -> str:
    """Sentences of the program's own about budgets, without the key."""

    def told(found: re.Match[str]) -> str:
        noun = NOUNS.get(found["limit"], "time")
        whose = f" of the {found['agent'].replace('_', ' ')}" if found["agent"] else ""
        return f"the budget{whose} is used up ({noun})"

    return _REACHED.sub(told, text)
