"""labeler: one slice of drafts, one voter; sees texts alone."""

from __future__ import annotations

import math
from typing import Any

from agents.labeler import label
from agents.labeler_paths import label_by_paths
from agents.records import Draft
from evokd.ledger.edge import PATHS
from evokd.store.events import Voted
from evokd.tasks.example import Example
from graph.core.completions import votes_of
from graph.core.decoding import path_plan, tell
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.picks import Demonstrations
from graph.core.routes import LabelTask


async def labeler(state: LabelTask, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Vote on a slice."""
    run = node.run
    slice_ = node.read_part(state["drafts"], Draft, state["start"], state["end"])
    drafts = [draft for draft in slice_ if draft.fault is None]
    if not drafts:
        return {"votes": []}
    voter = state["voter"]
    times = votes_of(run, node.view, run.config.teachers.of("labeler")[voter])
    plan = path_plan(run.config, "labeler", run.config.teachers.of("labeler")[voter])
    if plan is None:
        client, shown = node.client("labeler"), _shown(state, node)
        result = await label(client, run.pack, node.view, drafts, voter, times, shown)
    else:
        client, most = node.client("labeler", PATHS), run.config.loop.decoding.max_tokens
        result, decided = await label_by_paths(
            client, run.pack, node.view, drafts, voter, plan, most
        )
        tell(node, decided, voter)
    for vote in result.votes:
        probabilities = None
        if vote.logprobs is not None:
            probabilities = {name: round(math.exp(x), 4) for name, x in vote.logprobs.items()}
        node.emit(
            Voted(
                row=vote.row,
                call=vote.call,
                voter=vote.voter,
                label=vote.label,
                probabilities=probabilities,
                reason=vote.reason,
            )
        )
    return {"votes": [node.put(result.votes)], **node.stop(result.stopped)}


def _shown(state: LabelTask, node: NodeContext) -> dict[str, tuple[Example, ...]] | None:
    """Row → labelled rows to show with it; None where the prompt pack's own are shown."""
    ref = state.get("demonstrations")
    if ref is None:
        return None
    found = node.read_part(ref, Demonstrations, state["start"], state["end"])
    return {one.row: one.examples for one in found}
