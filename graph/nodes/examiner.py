"""examiner: LLM2LLM's student takes the seed rows as an examination. No tokens."""

from __future__ import annotations

from typing import Any

from evokd.baselines.plans import SPENT
from graph.feedback import mark
from graph.state import State
from graph.visit import Visit


async def examiner(state: State, visit: Visit) -> dict[str, Any]:
    """Mark the seed rows; without a wrong one, or after the last step, the method is done."""
    bench, number = visit.bench, state["round"]
    predictions = await bench.keeper.predict([row.text for row in bench.seeds], number - 1)
    marked = [mark(row, p) for row, p in zip(bench.seeds, predictions, strict=True)]
    update: dict[str, Any] = {"feedback": visit.put(marked)}
    if not any(row.mark == "wrong" for row in marked):
        update["stop"] = f"{SPENT}: the student gets every seed row right"
    elif number > bench.config.rivals.llm2llm.steps:
        update["stop"] = f"{SPENT}: {number - 1} steps done"
    return update
