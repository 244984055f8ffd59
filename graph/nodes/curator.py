"""curator: sets the synthetic dev set aside, before anything is trained. No tokens."""

from __future__ import annotations

from typing import Any

from langgraph.types import Overwrite

from agents.ballot import KnownTexts, hold_ballot
from agents.records import Draft, Vote
from evokd.config import RunError
from evokd.store.events import Warned
from evokd.tasks.text import NearDuplicates
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import example, judged, turned_down
from graph.core.state import LoopState


async def curator(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Rows labelled as ordered, none like another, a seed shot or a held-out row.

    Raises:
        RunError: no text can be used, so nothing could be refined by it.
    """
    run = node.run
    drafts = node.read_all(list(state["drafts"].values()), Draft)
    result = hold_ballot(
        drafts,
        [Vote(d.row, 0, d.intended_label, None, d.call) for d in drafts],
        node.task_format.labels,
        known=KnownTexts([(row.text, row.label) for row in node.seeds], NearDuplicates),
        off_limits=run.off_limits,
        calibrate=False,
        fault=run.task.task_format.fault,
    )
    texts = {draft.row: draft for draft in drafts}
    for verdict in result.rejected:
        if not texts[verdict.row].unclean:  # of those its writer's node has told
            node.emit(judged("curator", verdict))
    rows = [example(row) for row in result.candidates]
    missing = [label for label in node.view.ordered if label not in {row.label for row in rows}]
    if not rows and not state.get("stop"):
        raise RunError(
            f"writer: none of {len(drafts)} texts can be a row of the synthetic dev set, and"
            " without one nothing is refined; see `teachers.writer`, `prompts.pack` and"
            " `methods.curate_refine.dev_rows`"
        )
    if missing and rows:
        named = ", ".join(missing[:6])
        node.emit(Warned(text=f"the synthetic dev set has no row of {named}: nothing tells how well"
                              " the student knows them"))  # fmt: skip
    calls = {row.draft.row: row.draft.call for row in result.candidates}
    lines = [
        {"row": row.id, "split": "dev", "text": row.text, "label": row.label, "call": calls[row.id]}
        for row in rows
    ]
    number = node.edge.round
    run.dir.write_round(number, "dev_set.jsonl", lines)
    run.dir.write_round(number, "drafts.jsonl", [draft.to_json() for draft in drafts])
    fell = [turned_down(verdict, texts[verdict.row]) for verdict in result.rejected]
    run.dir.write_round(number, "rejected.jsonl", fell)
    return {"dev_set": node.put(rows), "drafts": Overwrite({})}
