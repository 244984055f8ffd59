"""translator: one slice of a writer's drafts, into the language of the task."""

from __future__ import annotations

from typing import Any

from agents.records import Draft
from agents.translator import translate
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.routes import TranslateTask
from graph.core.rows import announce


async def translator(state: TranslateTask, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Translate a slice; the edge behind it hands out what stands in `translated`."""
    run = node.run
    drafts = node.read_part(state["drafts"], Draft, state["start"], state["end"])
    result = await translate(node.client("translator"), run.pack, node.view, drafts)
    announce(node, [draft for draft in result.drafts if draft.fault is None])
    ref = node.put(result.drafts)
    return {
        "drafts": {f"{state['source']} {state['start']}": ref},
        "translated": [ref],
        **node.stop(result.stopped),
    }
