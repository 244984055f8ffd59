"""writer: writes what the method asks for, texts of a class or like a row."""

from __future__ import annotations

from typing import Any

from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.state import LoopState
from graph.core.written import write_for


async def writer(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """The calls of this round."""
    return await write_for(node, "writer", method.requests(node, state))
