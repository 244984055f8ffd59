"""Trace events as plain lines, one for each that matters: readable, greppable, no control codes.

00:01:12  round 2  labeler         4 calls, 596 + 112 tokens, 1.3 s
00:01:20  round 2  scores          test macro-F1 0.636, accuracy 0.660; 7,908 tokens billed
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from evokd.cli.screen import shortened
from evokd.ledger.call import UNBILLED
from evokd.runs.formatting import count, dollars, ratio, several
from evokd.runs.scores import metric_name
from evokd.store.events import (
    WAITS,
    Audited,
    Batched,
    Budgeted,
    Called,
    Doubted,
    Drafted,
    Evaluated,
    Event,
    Examined,
    Interrupted,
    Judged,
    Kept,
    NodeEnded,
    NodeStarted,
    Retried,
    Scored,
    Stopped,
    Trained,
    Voted,
    Warned,
)

LONG = 200
"""Characters of a warning or a reason."""
WHOLE = 600
"""Of one that tells of a failure: at its end stands what to do."""
STOPPING = "stopping after this step; again to abort it"
ABORTING = "aborting this step"


def endpoint_of(event: Called) -> str:
    """The model; with its number among the role's endpoints where it is one of several."""
    if not event.voter and event.directive is None:
        return event.model
    return f"{event.model} #{event.voter + 1}"


@dataclass
class NodeActivity:
    """A node at work, or several executions of it side by side (the labelers of a fan-out)."""

    since: float
    at_work: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    """Attempts of calls by status."""
    done: Counter[str] = field(default_factory=Counter)
    """What came of it: texts, votes, actions, verdicts."""

    def add(self, event: Event) -> None:
        """Count an event of this node."""
        match event:
            case Called():
                self.statuses[event.status] += 1
                if event.status not in UNBILLED:
                    self.prompt_tokens += event.prompt_tokens
                    self.completion_tokens += event.completion_tokens
            case Drafted():
                self.done["text"] += 1
            case Doubted():
                self.done["doubted"] += event.doubted
            case Voted():
                self.done["vote"] += 1
            case Judged():
                self.done[event.action] += 1
            case Evaluated():
                self.done["wrong" if event.predicted != event.label else "right"] += 1
            case Kept():
                self.done["kept" if event.kept else "let go"] += 1
            case Audited():
                self.done["suspect" if event.suspect else "cleared"] += 1

    def summary(self, seconds: float) -> str:
        """`4 calls, 596 + 112 tokens, 32 votes, 1.3 s`."""
        parts = []
        calls = sum(n for status, n in self.statuses.items() if status not in UNBILLED)
        if calls:
            parts.append(several(calls, "call"))
            parts.append(f"{count(self.prompt_tokens)} + {count(self.completion_tokens)} tokens")
        parts += [
            f"{n} {STATUSES.get(status, status)}"
            for status, n in self.statuses.items()
            if status != "ok"
        ]
        parts += [several(self.done[noun], noun) for noun in ("text", "vote") if self.done[noun]]
        parts += [f"{self.done[key]} {word}" for key, word in ACTIONS.items() if self.done[key]]
        return ", ".join([*parts, f"{seconds:.1f} s"])


STATUSES = {"rejected": "unusable"}
"""Status of a call → its word for people: rows are rejected, replies are unusable."""
ACTIONS = {
    "doubted": "doubted",
    "accept": "accepted",
    "relabel": "relabelled",
    "reject": "rejected",
    "retry": "sent back",
    "right": "right",
    "wrong": "wrong",
    "kept": "kept",
    "let go": "not kept",
    "suspect": "with a doubtful label",
    "cleared": "no longer doubtful",
}


UNPLACED = ("stopped", "interrupt")
"""What is said of the run, not of a round."""


class NodeActivities:
    """The nodes at work, by round and name."""

    def __init__(self) -> None:
        self.open: dict[tuple[int, str], NodeActivity] = {}

    def hear(self, event: Event) -> tuple[NodeActivity, float] | None:
        """Take an event in; gives the spell and its seconds when its last execution has ended."""
        key = (event.round, event.node)
        if isinstance(event, NodeStarted):
            self.open.setdefault(key, NodeActivity(time.monotonic())).at_work += 1
            return None
        spell = self.open.get(key)
        if spell is None:
            return None
        spell.add(event)
        if not isinstance(event, NodeEnded):
            return None
        spell.at_work -= 1
        if spell.at_work > 0:
            return None
        del self.open[key]
        return spell, time.monotonic() - spell.since


def is_grave(event: Event) -> bool:
    """Whether it tells of something that failed as a whole."""
    return (isinstance(event, Warned) and event.grave) or (
        isinstance(event, Stopped) and event.status == "failed"
    )


def line_of(
    event: Event, ended: tuple[NodeActivity, float] | None, names: Sequence[str]
) -> str | None:
    """The line of an event without its clock; None for one that says nothing of its own.

    Args:
        event: What happened.
        ended: The activity of a node that has ended, and its seconds.
        names: The task's scores, the one that counts first.
    """
    where = f"round {event.round}"
    if isinstance(event, NodeEnded):
        if event.error is not None:
            if event.error == WAITS:
                return f"{where}  {event.node:<14}  {WAITS}"
            return f"{where}  {event.node:<14}  ended early: {shortened(event.error, LONG)}"
        return f"{where}  {event.node:<14}  {ended[0].summary(ended[1])}" if ended else None
    said = _said(event, names)
    if said is None:
        return None
    word, text = said
    return f"{word}  {text}" if word in UNPLACED else f"{where}  {word:<14}  {text}"


def _said(event: Event, names: Sequence[str]) -> tuple[str, str] | None:
    match event:
        case Warned():
            most = WHOLE if event.grave else LONG
            return warning_word(event), f"{event.node}: {shortened(event.text, most)}"
        case Budgeted():
            return "budget", budget_line(event)
        case Retried():
            reason = shortened(event.reason, LONG)
            return "retry", f"{event.node}: {reason}; again in {event.wait_s:.1f} s"
        case Batched():
            return "batch", f"{event.node}: {batch_line(event)}"
        case Trained():
            rows = several(event.rows, "row")
            return "trained", (
                f"{rows}, {several(event.steps, 'step')}, loss {event.loss:.3f},"
                f" {event.seconds:.1f} s"
            )
        case Examined():
            score = f"{metric_name(event.metric)} {ratio(event.score)}"
            rows = f"{event.wrong} of {several(event.rows, 'row')} wrong"
            return "examined", f"on the synthetic dev set: {rows}, {score}"
        case Scored():
            return "scores", scores_line(event, names)
        case Interrupted(again=again):
            return "interrupt", ABORTING if again else STOPPING
        case Stopped():
            most = WHOLE if event.status == "failed" else LONG
            return "stopped", ending(event.status, event.reason, most)
    return None


def ending(status: str, reason: str, most: int = WHOLE) -> str:
    """How a run ended and why, in at most so many characters."""
    said = shortened(reason, most)
    return said if said.startswith(status) else f"{status}: {said}"


def warning_word(event: Warned) -> str:
    """What stands before it where there is no colour, too."""
    return "FAILED" if event.grave else "warning"


def budget_line(event: Budgeted) -> str:
    """`budget.tokens is reached: 39,800 of 40,000`."""
    whose = f"budget.per_agent.{event.agent}" if event.agent else "budget"
    state = "is reached" if event.reached else "is nearly spent"
    form = dollars if event.limit == "usd" else lambda amount: f"{amount:,.0f}"
    return f"{whose}.{event.limit} {state}: {form(event.spent)} of {form(event.allowed)}"


def batch_line(event: Batched) -> str:
    """`batch_abc is in progress: 40 of 80 requests done, 2 failed`."""
    failed = f", {count(event.failed)} failed" if event.failed else ""
    of = several(event.requests, "request")
    state = event.status.replace("_", " ")
    return f"{event.batch} is {state}: {count(event.done)} of {of} done{failed}"


def scores_line(event: Scored, names: Sequence[str]) -> str:
    """Scores, the task's metric first, and what they cost so far."""
    parts = scores_by_split(event, names)
    rows = f"{several(event.accepted, 'row')} accepted, {event.rejected} rejected"
    return f"{'; '.join(parts)}; {rows}; {count(event.billed_tokens)} tokens billed"


def scores_by_split(event: Scored, names: Sequence[str]) -> list[str]:
    """`test F1 0.512, macro-F1 0.498, accuracy 0.730`; dev before it where it was scored."""
    return [
        f"{split} {', '.join(f'{metric_name(n)} {ratio(scores[n])}' for n in names if n in scores)}"
        for split, scores in (("dev", event.dev), ("test", event.test))
        if scores is not None
    ]
