"""weigher: SunGen's sample weights, learnt before the student trains on the rows. No tokens."""

from __future__ import annotations

from typing import Any

from agents.records import Candidate
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import example
from graph.core.state import LoopState
from student.selection.held_back import taught


async def weigher(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """A weight in [0, 1] for every written row so far."""
    run, number = node.run, node.edge.round
    refs = [*state.get("history", []), state["batch"]]
    written = [example(row) for row in node.read_all(refs, Candidate)]
    rows = taught(written, run.config.student)
    if not rows:
        return {"weights": None}
    learnt = await run.students.weigh(rows, method.settings, number)
    weights = {row.id: round(weight, 6) for row, weight in zip(rows, learnt, strict=True)}
    run.dir.write_round(number, "weights.json", [weights])
    return {"weights": run.artefacts.put([weights])}
