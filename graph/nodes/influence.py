"""influence: ProGen's look at which written rows helped the student most. No tokens."""

from __future__ import annotations

from random import Random
from typing import Any

from agents.records import Candidate
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import example
from graph.core.state import LoopState
from student.selection.helpful import pick_helpful, split


async def influence(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """The most helpful rows of each class, as examples for the next round's prompts."""
    run, settings = node.run, method.settings
    history = node.read_all(state.get("history", []), Candidate)
    rows = [example(row) for row in history]
    if len(rows) < settings.start_rows:
        return {}
    # the same validation rows in every round: those of the first ones, drawn by the run's seed
    first, later = rows[: settings.start_rows], rows[settings.start_rows :]
    validation, candidates = split(first, Random(f"{run.config.seed}/influence"))
    candidates += later
    worth = await run.students.helpfulness(candidates, validation, state["round"] - 1)
    return {"helpful": node.put(pick_helpful(candidates, worth, settings.pool))}
