"""review: draws the sample of history that the student sees again."""

from __future__ import annotations

from typing import Any

from agents.records import Candidate
from evokd.tasks.formats.task_format import stratum
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import example
from graph.core.state import LoopState
from student.selection.held_back import taught
from student.selection.memory import MEMORIES
from student.selection.schedule import review_due


async def review(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Rows of earlier rounds and the seed shots, balanced by class where the config says so."""
    run, settings = node.run, node.run.config.loop.review
    if not review_due(node.edge.round, settings.every):
        return {"review": None}
    batch = node.read(state["batch"], Candidate)
    earlier = [example(row) for row in node.read_all(state.get("history", []), Candidate)]
    memory = MEMORIES[settings.sampling](
        node.seeds, stratum=lambda label: stratum(run.task.task_format, label)
    )
    memory.observe(node.edge.round, taught(earlier, run.config.student))
    size = len(batch) if settings.rows == "batch" else settings.rows
    return {"review": node.put(memory.sample(size, node.rng()))}
