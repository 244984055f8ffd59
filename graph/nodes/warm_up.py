"""warm_up: the student learns the seed shots; its verdicts on them are the first feedback."""

from __future__ import annotations

from typing import Any

from langgraph.types import Overwrite

from agents.ballot import Known, count
from agents.records import Candidate, Draft, Marked, Vote
from evokd.baselines.plans import PLANS, SPENT
from evokd.store.events import Seeded
from evokd.tasks.example import Example
from evokd.tasks.text import normalise
from graph.classes import next_classes
from graph.feedback import mark, shuffled
from graph.map import draw_map, lay_axes
from graph.nodes.analyst import draw
from graph.nodes.ballot import equal_only, judged
from graph.nodes.evaluator import example
from graph.nodes.trainer import synthetic
from graph.retest import retested
from graph.scores import score_round
from graph.state import State
from graph.visit import Visit
from student.trainer import TrainingPlan, full_plan, warm_up_plan

UNCERTAIN = 4
"""Seed rows of lowest margin that are shown as uncertain when all are right."""


async def warm_up(state: State, visit: Visit) -> dict[str, Any]:
    """Fit on the seed, score, and mark the seed rows."""
    bench = visit.bench
    written, rejected = _paraphrases(state, visit)
    plan = _plan(visit, [example(row) for row in written])
    await lay_axes(visit)
    report = await bench.keeper.train(plan, 0)
    await score_round(
        visit,
        report,
        accepted=len(written),
        rejected=rejected,
        errors={},
        student_steps=report.steps,
    )
    await draw_map(visit, [example(row) for row in written])
    feedback = await first_feedback(visit, visit.seeds)
    bench.dir.write_round(0, "predictions.jsonl", [row.to_json() for row in feedback])
    if bench.config.method == "evokd_shuffled":
        feedback = shuffled(feedback, visit.form, draw(visit))
    update: dict[str, Any] = {"round": 1, "feedback": visit.put(feedback)}
    update["drafts"] = Overwrite({})  # the paraphraser's are not the first wave's
    update["classes"] = next_classes(visit, feedback, [])
    if written:
        bench.dir.replace_lines(bench.dir.synthetic, 0, [synthetic(row) for row in written])
        update["history"] = [visit.put(written)]
    if _alone(visit):
        update["stop"] = f"{SPENT}: {bench.config.method} writes nothing"
    elif bench.config.loop.rounds == 0:
        update["stop"] = "no rounds asked for"
    return update


def _alone(visit: Visit) -> bool:
    """Whether no round will follow."""
    plan = PLANS.get(visit.bench.config.method)
    return plan is not None and plan.source is None


def _plan(visit: Visit, written: list[Example]) -> TrainingPlan:
    bench = visit.bench
    config = bench.config.student
    if bench.config.method == "full_shot":
        held_out = bench.off_limits
        return full_plan(config, [r for r in bench.task.train if normalise(r.text) not in held_out])
    # LLM2LLM fine-tunes on the seeds before it looks for errors, and may find none
    whole = _alone(visit) or bench.config.method == "llm2llm"
    return warm_up_plan(config, [*visit.seeds, *written], whole=whole)


def _paraphrases(state: State, visit: Visit) -> tuple[list[Candidate], int]:
    """EvoKD+Init: AugGPT's rows, but for repetitions and held-out texts; and how many fell."""
    refs = list((state.get("drafts") or {}).values())
    if not refs:
        return [], 0
    bench = visit.bench
    drafts = visit.read_all(refs, Draft)
    result = count(
        drafts,
        [Vote(d.row, 0, d.intended_label, None, d.call) for d in drafts],
        visit.form.labels,
        known=Known([(row.text, row.label) for row in visit.seeds], equal_only),
        off_limits=bench.off_limits,
        calibrate=False,
        fault=bench.task.form.fault,
    )
    for verdict in result.rejected:
        visit.emit(judged("ballot", verdict))
    bench.dir.write_round(0, "drafts.jsonl", [draft.to_json() for draft in drafts])
    bench.dir.write_round(0, "accepted.jsonl", [row.to_json() for row in result.candidates])
    bench.dir.write_round(0, "rejected.jsonl", [verdict.to_json() for verdict in result.rejected])
    return list(result.candidates), len(result.rejected)


async def first_feedback(visit: Visit, seeds: tuple[Example, ...]) -> list[Marked]:
    """Verdicts on the seed. After a fit most are right, so the least sure stand as uncertain."""
    predictions = await visit.bench.keeper.predict([row.text for row in seeds], 0)
    marked = [mark(row, p) for row, p in zip(seeds, predictions, strict=True)]
    for row, prediction in zip(seeds, predictions, strict=True):
        visit.emit(Seeded(row=row.id, text=row.text, label=row.label))
        visit.emit(retested(row, prediction, trained=True))
    if any(row.mark == "wrong" for row in marked):
        return marked
    unsure = sorted(marked, key=lambda row: row.margin)[:UNCERTAIN]
    names = {row.row for row in unsure}
    return [
        Marked(**{**row.to_json(), "mark": "uncertain"}) if row.row in names else row
        for row in marked
    ]
