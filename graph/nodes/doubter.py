"""doubter: which of the written texts a labeler is asked about, and which go past it. No tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agents.doubt import Doubt, reason, votes_of, weighed
from agents.records import Draft
from evokd.store.events import Doubted
from graph.core.node_context import NodeContext
from graph.core.state import LoopState

if TYPE_CHECKING:
    from graph.methods.lean import Lean


async def doubter(state: LoopState, node: NodeContext, method: Lean) -> dict[str, Any]:
    """Hold each text's order against its evidence; hand the doubtful ones to the labeler."""
    (name, ref), *_ = (state.get("drafts") or {}).items()
    drafts = node.read(ref, Draft)
    usable = [one for one in drafts if one.fault is None and one.intended_label is not None]
    evidence = await method.evidence(state, node, usable)
    doubts = [
        weighed(one, known, method.margin) for one, known in zip(usable, evidence, strict=True)
    ]
    doubts = method.sorted_out(node, doubts)
    found = {one.row: one for one in doubts}
    told = [_with_doubt(one, found.get(one.row), method.settings.doubted) for one in drafts]
    labels = node.task_format.labels
    votes = [
        vote
        for draft, doubt, known in zip(usable, doubts, evidence, strict=True)
        for vote in votes_of(draft, doubt, known, labels)
    ]
    for doubt in doubts:
        _tell(node, doubt, dropped=doubt.doubted and method.settings.doubted == "drop")
    asked = [one for one in told if found.get(one.row) is not None and found[one.row].asked]
    return {
        "drafts": {name: node.put(told)},
        "doubtful": node.put(asked),
        "votes": [node.put(votes)],
    }


def _with_doubt(draft: Draft, doubt: Doubt | None, what: str) -> Draft:
    """A text with its doubt in its lineage; with a fault where doubted ones are dropped."""
    if doubt is None:
        return draft
    told = replace(draft, doubt=doubt.lineage())
    return replace(told, fault=reason(doubt)) if doubt.doubted and what == "drop" else told


def _tell(node: NodeContext, doubt: Doubt, *, dropped: bool) -> None:
    node.emit(
        Doubted(
            row=doubt.row,
            intended=doubt.intended,
            likeliest=doubt.likeliest,
            gap=round(doubt.gap, 4),
            near=list(doubt.near),
            doubted=doubt.doubted,
            asked=doubt.asked,
            dropped=dropped,
        )
    )
