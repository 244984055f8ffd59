"""examiner: the student takes the seed rows as an examination. No tokens."""

from __future__ import annotations

from typing import Any

from graph.core.feedback import mark
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.state import LoopState


async def examiner(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Mark the seed rows; without a wrong one, or after the last step, the method is done."""
    run, number = node.run, state["round"]
    predictions = await run.students.predict([row.text for row in run.seeds], number - 1)
    marked = [mark(row, p) for row, p in zip(run.seeds, predictions, strict=True)]
    update: dict[str, Any] = {"feedback": node.put(marked)}
    spent = method.spent(number - 1, marked)
    return update if spent is None else {**update, "stop": spent}
