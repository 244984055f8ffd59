"""oracle: a student that has learnt the whole training set labels the drafts. No tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.records import Draft, Vote
from evokd.store.events import Voted
from graph.core.node_context import NodeContext
from graph.core.routes import LabelTask

if TYPE_CHECKING:
    from graph.methods.evokd_oracle import EvoKDOracle


async def oracle(state: LabelTask, node: NodeContext, method: EvoKDOracle) -> dict[str, Any]:
    """One vote for each draft; it sees texts alone."""
    slice_ = node.read_part(state["drafts"], Draft, state["start"], state["end"])
    drafts = [draft for draft in slice_ if draft.fault is None]
    if not drafts:
        return {"votes": []}
    labels = await method.labels(node.run, [draft.text for draft in drafts])
    votes = [
        Vote(draft.row, state["voter"], label, None, None)
        for draft, label in zip(drafts, labels, strict=True)
    ]
    for vote in votes:
        node.emit(Voted(row=vote.row, voter=vote.voter, label=vote.label))
    return {"votes": [node.put(votes)]}
