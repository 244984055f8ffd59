"""plant: in the analyst's place, tells writers of a weakness that the config names. No tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.records import Analysis
from evokd.store.events import Analysed
from graph.core.faithful import keep_named
from graph.core.node_context import NodeContext
from graph.core.state import LoopState

if TYPE_CHECKING:
    from graph.methods.planted import Planted


async def plant(state: LoopState, node: NodeContext, method: Planted) -> dict[str, Any]:
    """The same words in every round; no student error is seen or cited."""
    task = node.run.task
    analysis = Analysis(method.analysis(task), (), None, (method.told(task).label,))
    node.emit(Analysed(text=analysis.text, right=[], wrong=[]))
    node.run.dir.write_round(node.edge.round, "analysis.json", [{**analysis.to_json(), "rows": []}])
    return {"analysis": node.put([analysis]), "named": keep_named(state, node, analysis, ())}
