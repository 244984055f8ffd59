"""labeler: one slice of drafts, one voter; sees texts alone."""

from __future__ import annotations

import math
from typing import Any, TypedDict

from agents.labeler import label
from agents.records import Draft
from evokd.store.events import Voted
from graph.state import Ref
from graph.visit import Visit


class LabelTask(TypedDict):
    """Payload of a Send: which drafts, and which of the labelers."""

    source: str
    round: int
    drafts: Ref
    start: int
    end: int
    voter: int


async def labeler(state: LabelTask, visit: Visit) -> dict[str, Any]:
    """Vote on a slice."""
    bench = visit.bench
    slice_ = visit.read_part(state["drafts"], Draft, state["start"], state["end"])
    drafts = [draft for draft in slice_ if draft.fault is None]
    if not drafts:
        return {"votes": []}
    result = await label(visit.desk("labeler"), bench.pack, visit.brief, drafts, state["voter"])
    for vote in result.votes:
        probabilities = None
        if vote.logprobs is not None:
            probabilities = {name: round(math.exp(x), 4) for name, x in vote.logprobs.items()}
        visit.emit(
            Voted(
                row=vote.row,
                call=vote.call,
                voter=vote.voter,
                label=vote.label,
                probabilities=probabilities,
                reason=vote.reason,
            )
        )
    return {"votes": [visit.put(result.votes)], **visit.stop(result.stopped)}
