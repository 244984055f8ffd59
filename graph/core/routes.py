"""Where the work goes next: pure functions of the state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NotRequired, TypedDict

from langgraph.types import Send

from agents.batches import slices
from evokd.store.artefacts import Ref
from graph.core.state import LoopState

STOP = "stop"
"""Name, in the drawing, of the way to END."""


class TranslateTask(TypedDict):
    """Payload of a Send: which drafts."""

    source: str
    round: int
    drafts: Ref
    start: int
    end: int


class LabelTask(TranslateTask):
    """Payload of a Send: which drafts, and which of the labelers."""

    voter: int
    demonstrations: NotRequired[Ref]
    """For each of the drafts, rows that are shown with it."""


def fan_out(
    name: str,
    counts: Callable[[str], int],
    voters: int,
    size: int,
    to: str = "labeler",
    waiting: Sequence[str] = (),
) -> Callable[[LoopState], list[Send]]:
    """One Send per voter and slice of the drafts that `name` has just written or translated.

    `to` is who labels them, `waiting` names nodes that worked in an earlier step of the wave: their
    drafts leave with these, in their own name, since a ballot that two steps wake is held twice.

    At least one Send leaves, if only with an empty slice: with no labeler woken, nobody would
    wake the ballot, and the round would die in silence.
    """

    def route(state: LoopState) -> list[Send]:
        # a translator's edge sees the drafts of its own task alone there
        refs = state["translated"] if name == "translator" else [state["drafts"][name]]
        given = [(name, ref) for ref in refs]
        given += [(one, state["drafts"][one]) for one in waiting if one in state["drafts"]]
        sent = [
            LabelTask(
                source=giver,
                round=state["round"],
                drafts=ref,
                start=start,
                end=end,
                voter=voter,
            )
            for voter in range(voters)
            for giver, ref in given
            for start, end in slices(counts(ref), size)
        ]
        shown = state.get("demonstrations")
        if shown is not None:
            sent = [{**one, "demonstrations": shown} for one in sent]
        return [Send(to, one) for one in sent]

    return route


def to_labeler_or_past(
    counts: Callable[[str], int], voters: int, size: int
) -> Callable[[LoopState], list[Send] | str]:
    """The doubtful drafts go to the labelers, one Send per voter and slice; none: to the ballot.

    The others need no Send: their votes are cast, and the ballot that the labelers wake counts all.
    """
    out = fan_out("doubter", counts, voters, size)

    def route(state: LoopState) -> list[Send] | str:
        doubtful = state["doubtful"]
        if not counts(doubtful) or state.get("stop"):
            return "ballot"
        return out({**state, "drafts": {"doubter": doubtful}})

    return route


def to_translator(
    name: str, counts: Callable[[str], int], size: int
) -> Callable[[LoopState], list[Send]]:
    """One Send per slice of the drafts that generator `name` has just written; at least one."""

    def route(state: LoopState) -> list[Send]:
        ref = state["written"][name]
        return [
            Send(
                "translator",
                TranslateTask(source=name, round=state["round"], drafts=ref, start=start, end=end),
            )
            for start, end in slices(counts(ref), size)
        ]

    return route


def after_critic(on: str) -> Callable[[LoopState], list[Send] | str]:
    """Rows that were sent back go to their writers, who get what they need with them.

    Args:
        on: The node that the others go on to.
    """

    def route(state: LoopState) -> list[Send] | str:
        back = state.get("sent_back") or {}
        if not back:
            return on
        carried = ("round", "wave", "analysis", "feedback", "classes", "sent_back")
        payload: dict[str, Any] = {key: state.get(key) for key in carried}
        return [Send(name, {"source": "critic", **payload}) for name in sorted(back)]

    return route


def after_the_writer(state: LoopState) -> str:
    """What is written first is set aside as the synthetic dev set, all else is for training."""
    return "ballot" if "dev_set" in state else "curator"


def always(targets: Sequence[str]) -> Callable[[LoopState], list[str]]:
    """On to these, while the drawing shows where else the work goes."""

    def route(state: LoopState) -> list[str]:
        return list(targets)

    return route


def go_on(targets: Sequence[str]) -> Callable[[LoopState], list[str] | str]:
    """Into the next round, unless there is a reason to stop."""

    def route(state: LoopState) -> list[str] | str:
        return STOP if state.get("stop") else list(targets)

    return route
