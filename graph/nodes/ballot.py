"""ballot: gathers the fan-out; spends nothing, so no node that spends is ever a join."""

from __future__ import annotations

import functools
from typing import Any

from langgraph.types import Overwrite

from agents.ballot import KnownTexts, Prior, hold_ballot
from agents.records import Candidate, Draft, Vote
from evokd.store.artefacts import Ref
from evokd.tasks.label_sets import log_prior
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import judged
from graph.core.soft_labels import answers_of
from graph.core.state import LoopState


async def ballot(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Count votes, drop duplicates and off-limits texts; clear the wave's drafts and votes."""
    run = node.run
    written = node.read_all(list(state.get("drafts", {}).values()), Draft)
    drafts = method.screened(node, state, written)
    if method.votes:
        votes = node.read_all(state.get("votes", []), Vote)
    else:  # the writer's own label is the only vote
        votes = [Vote(d.row, 0, d.intended_label, None, d.call) for d in drafts]
    accepted = node.read_all(state.get("accepted", []), Candidate)
    result = hold_ballot(
        drafts,
        votes,
        node.task_format.labels,
        known=training_data(tuple(state.get("history", [])), node, method),
        also=[(row.draft.text, row.label) for row in accepted],
        off_limits=run.off_limits,
        calibrate=run.pack.manifest.labeler.calibrate,
        fault=run.task.task_format.fault,
        decide=run.task.task_format.by_parts,
        answers=answers_of(node.task_format),
        prior=_prior(node),
    )
    told = {draft.row for draft in drafts if draft.unclean}  # by their writer's node
    for verdict in result.rejected:
        if verdict.row in told:
            continue
        node.emit(judged("ballot", verdict))
    return {
        "candidates": node.put(result.candidates),
        "rejected": [*state.get("rejected", []), node.put(result.rejected)],
        "all_drafts": [*state.get("all_drafts", []), node.put(drafts)],
        "drafts": Overwrite({}),
        "votes": Overwrite([]),
    }


def _prior(node: NodeContext) -> Prior | None:
    """Of sets of labels, how often the seed shots have each label; None for other kinds."""
    if node.task_format.kind != "multilabel":
        return None
    rows, labels = [row.label for row in node.seeds], node.task_format.labels
    return functools.cache(lambda answer: log_prior(answer, rows, labels))


def training_data(history: tuple[Ref, ...], node: NodeContext, method: LoopMethod) -> KnownTexts:
    """The seed shots and the batches of earlier rounds; only those that are new are read."""
    run = node.run
    done, known = run.indexed or ((), None)
    if known is None or history[: len(done)] != done:  # a fork may have another past
        seeds = [(row.text, row.label) for row in run.seeds]
        done = ()
        known = KnownTexts(seeds, method.repetition(), contrast=run.task.task_format.contrast)
    node.carry(done)
    for row in node.read_all(history[len(done) :], Candidate):
        known.add(row.draft.text, row.label)
    run.indexed = (history, known)
    return known
