"""influence: ProGen's look at which written rows helped the student most. No tokens."""

from __future__ import annotations

from typing import Any

from agents.records import Candidate
from evokd.baselines.helpful import pick_helpful, split
from graph.nodes.analyst import draw
from graph.nodes.evaluator import example
from graph.state import State
from graph.visit import Visit


async def influence(state: State, visit: Visit) -> dict[str, Any]:
    """The most helpful rows of each class, as examples for the next round's prompts."""
    bench, settings = visit.bench, visit.bench.config.rivals.progen
    history = visit.read_all(state.get("history", []), Candidate)
    rows = [example(row) for row in history]
    if len(rows) < settings.start_rows:
        return {}
    rng = draw(visit)
    validation, candidates = split(rows, rng)
    worth = await bench.keeper.helpfulness(candidates, validation, state["round"] - 1)
    return {"helpful": visit.put(pick_helpful(candidates, worth, settings.pool))}
