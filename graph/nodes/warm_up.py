"""warm_up: the student learns the seed shots; its verdicts on them are the first feedback."""

from __future__ import annotations

from typing import Any

from agents.records import Marked
from evokd.tasks.example import Example
from graph.feedback import mark
from graph.scores import score_round
from graph.state import State
from graph.visit import Visit
from student.trainer import warm_up_plan

UNCERTAIN = 4
"""Seed rows of lowest margin that are shown as uncertain when all are right."""


async def warm_up(state: State, visit: Visit) -> dict[str, Any]:
    """Fit on the seed, score, and mark the seed rows."""
    bench = visit.bench
    report = await bench.keeper.train(warm_up_plan(bench.config.student, bench.seeds), 0)
    await score_round(visit, report, accepted=[], rejected=0, errors={})
    feedback = await first_feedback(visit, bench.seeds)
    bench.dir.write_round(0, "predictions.jsonl", [row.to_json() for row in feedback])
    ending = {"stop": "no rounds asked for"} if bench.config.loop.rounds == 0 else {}
    return {"round": 1, "feedback": visit.put(feedback), **ending}


async def first_feedback(visit: Visit, seeds: tuple[Example, ...]) -> list[Marked]:
    """Verdicts on the seed. After a fit most are right, so the least sure stand as uncertain."""
    predictions = await visit.bench.keeper.predict([row.text for row in seeds], 0)
    marked = [mark(row, p) for row, p in zip(seeds, predictions, strict=True)]
    if any(row.mark == "wrong" for row in marked):
        return marked
    unsure = sorted(marked, key=lambda row: row.margin)[:UNCERTAIN]
    names = {row.row for row in unsure}
    return [
        Marked(**{**row.to_json(), "mark": "uncertain"}) if row.row in names else row
        for row in marked
    ]
