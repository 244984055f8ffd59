"""weigher: SunGen's sample weights, learnt before the student trains on the rows. No tokens."""

from __future__ import annotations

from typing import Any

from agents.records import Candidate
from graph.nodes.evaluator import example
from graph.state import State
from graph.visit import Visit


async def weigher(state: State, visit: Visit) -> dict[str, Any]:
    """A weight in [0, 1] for every written row so far."""
    bench, number = visit.bench, visit.hop.round
    refs = [*state.get("history", []), state["batch"]]
    rows = [example(row) for row in visit.read_all(refs, Candidate)]
    if not rows:
        return {"weights": None}
    settings = bench.config.rivals.sungen
    learnt = await bench.keeper.weigh(rows, settings, number)
    weights = {row.id: round(weight, 6) for row, weight in zip(rows, learnt, strict=True)}
    bench.dir.write_round(number, "weights.json", [weights])
    return {"weights": bench.artefacts.put([weights])}
