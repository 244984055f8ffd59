"""review: draws the sample of history that the student sees again."""

from __future__ import annotations

from typing import Any

from agents.records import Candidate
from evokd.tasks.forms.form import stratum
from graph.nodes.analyst import draw
from graph.nodes.evaluator import example
from graph.state import State
from graph.visit import Visit
from student.history import ReviewHistory, review_due


async def review(state: State, visit: Visit) -> dict[str, Any]:
    """Rows of earlier rounds and the seed shots, balanced by class where the config says so."""
    bench, settings = visit.bench, visit.bench.config.loop.review
    if not review_due(visit.hop.round, settings.every):
        return {"review": None}
    batch = visit.read(state["batch"], Candidate)
    earlier = visit.read_all(state.get("history", []), Candidate)
    history = ReviewHistory(
        settings.sampling, visit.seeds, lambda label: stratum(bench.task.form, label)
    )
    history.observe(example(row) for row in earlier)
    size = len(batch) if settings.rows == "batch" else settings.rows
    return {"review": visit.put(history.sample(size, draw(visit)))}
