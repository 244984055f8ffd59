"""What a rival's writing roles deliver: the calls carried out, the drafts handed on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.gather_usable import NOT_ASKED
from agents.texts import Written
from agents.writer import WriteRequest, WritingRole, compose
from evokd.store.events import Warned
from graph.core.node_context import NodeContext
from graph.core.rows import deliver


async def write_for(
    node: NodeContext, role: WritingRole, requests: Sequence[WriteRequest]
) -> dict[str, Any]:
    """State update of a node that writes for its method."""
    run = node.run
    written: Written = await compose(
        *(node.client(role), run.pack, node.view, role, node.edge.round, requests),
        completions=run.config.loop.completions,
    )
    delivered = deliver(node, written.drafts)
    for failure in written.failures:
        if failure != NOT_ASKED:
            node.emit(Warned(text=f"a call gave no text: {failure}"))
    return {"drafts": {node.edge.target: delivered}, **node.stop(written.stopped)}
