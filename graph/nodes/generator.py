"""easy_generator and hard_generator: write texts only."""

from __future__ import annotations

from typing import Any, cast

from agents.generator import GenerateRequest, write
from agents.records import Analysis, Draft, DraftKind, Marked, Verdict
from evokd.store.events import Warned
from graph.core.feedback import shown
from graph.core.method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.round_budget import affordable_turns
from graph.core.rows import SentBack, announce
from graph.core.state import LoopState


async def generator(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Write the round's texts, or new ones for those that the critic sent back."""
    run, name = node.run, node.edge.target
    wanted = _wanted(state, node, method)
    view = node.view.listing(state.get("classes") or ())
    written = await write(node.client(wanted.role), run.pack, view, wanted)
    announce(node, written.drafts)
    for failure in written.failures:
        node.emit(Warned(text=f"a call gave no text: {failure}"))
    kept = "written" if run.config.loop.written_in else "drafts"
    return {kept: {name: node.put(written.drafts)}, **node.stop(written.stopped)}


def _wanted(state: LoopState, node: NodeContext, method: LoopMethod) -> GenerateRequest:
    loop = node.run.config.loop
    kind = cast(DraftKind, node.edge.target.removesuffix("_generator"))
    per_turn = loop.n_hard if kind == "hard" else loop.n_easy
    analysis = state.get("analysis")
    examples: list[Marked] = []
    if not loop.switches.analysis and method.marks != "none":
        # raw errors instead of the analyst's words
        rows = shown(node.read(state["feedback"], Marked), loop, node.rng())
        examples = [row for row in rows if row.mark != "right"]
    rejected: tuple[tuple[Draft, Verdict], ...] = ()
    sent_back = state.get("sent_back", {}).get(node.edge.target)
    if state.get("wave") and sent_back:
        pairs = node.read(sent_back, SentBack)
        rejected = tuple((pair.candidate.draft, pair.verdict) for pair in pairs)
        turns = -(-len(rejected) // per_turn)
        per_turn = min(per_turn, len(rejected))
    else:
        turns = max(1, affordable_turns(node, state))
    return GenerateRequest(
        kind=kind,
        round=node.edge.round,
        wave=state.get("wave", 0),
        turns=turns,
        per_turn=per_turn,
        analysis=node.read(analysis, Analysis)[0] if analysis else None,
        examples=tuple(examples),
        rejected=rejected,
        with_label=not loop.switches.separate_labels,
    )
