"""paraphraser: says the seed texts in other words; also before the warm-up of `evokd_init`."""

from __future__ import annotations

from typing import Any

from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.state import LoopState
from graph.core.written import write_for


async def paraphraser(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Every seed text, as often as the method asks."""
    return await write_for(node, "paraphraser", method.requests(node, state))
