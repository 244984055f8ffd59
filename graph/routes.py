"""Where the work goes next: pure functions of the state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langgraph.types import Send

from graph.nodes.labeler import LabelTask
from graph.state import State

STOP = "stop"
"""Name, in the drawing, of the way to END."""


def fan_out(
    name: str, counts: Callable[[str], int], voters: int, size: int
) -> Callable[[State], list[Send]]:
    """One Send per voter and slice of the drafts that generator `name` has just written.

    At least one Send leaves, if only with an empty slice: with no labeler woken, nobody would
    wake the ballot, and the round would die in silence.
    """

    def route(state: State) -> list[Send]:
        ref = state["drafts"][name]
        total = counts(ref)
        starts = range(0, total, size) if total else [0]
        return [
            Send(
                "labeler",
                LabelTask(
                    source=name,
                    round=state["round"],
                    drafts=ref,
                    start=start,
                    end=min(start + size, total),
                    voter=voter,
                ),
            )
            for voter in range(voters)
            for start in starts
        ]

    return route


def after_critic(on: str) -> Callable[[State], list[Send] | str]:
    """Rows that were sent back go to their writers, who get what they need with them.

    Args:
        on: The node that the others go on to.
    """

    def route(state: State) -> list[Send] | str:
        back = state.get("sent_back") or {}
        if not back:
            return on
        carried = ("round", "wave", "analysis", "feedback", "sent_back")
        payload: dict[str, Any] = {key: state.get(key) for key in carried}
        return [Send(name, {"source": "critic", **payload}) for name in sorted(back)]

    return route


def go_on(targets: Sequence[str]) -> Callable[[State], list[str] | str]:
    """Into the next round, unless there is a reason to stop."""

    def route(state: State) -> list[str] | str:
        return STOP if state.get("stop") else list(targets)

    return route
