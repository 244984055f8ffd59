"""influence: ProGen's look at which written rows helped the student most. No tokens."""

from __future__ import annotations

from random import Random
from typing import Any

from agents.records import Candidate
from evokd.baselines.helpful import pick_helpful, split
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
    # the same validation rows in every round: those of the first ones, drawn by the run's seed
    first, later = rows[: settings.start_rows], rows[settings.start_rows :]
    validation, candidates = split(first, Random(f"{bench.config.seed}/influence"))
    candidates += later
    worth = await bench.keeper.helpfulness(candidates, validation, state["round"] - 1)
    return {"helpful": visit.put(pick_helpful(candidates, worth, settings.pool))}
