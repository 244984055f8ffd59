"""trainer: trains on the accepted rows and the review sample, scores, and closes the round."""

from __future__ import annotations

from typing import Any

from agents.records import Candidate, Marked, Verdict
from evokd.baselines.plans import PLANS, SPENT
from evokd.store.events import Seeded
from evokd.tasks.example import Example
from graph.classes import next_classes
from graph.map import draw_map
from graph.nodes.evaluator import example
from graph.pace import affordable_turns, closed_rounds
from graph.retest import retest
from graph.scores import score_round
from graph.state import State
from graph.visit import Visit
from student.trainer import steps_due, training_plan


async def trainer(state: State, visit: Visit) -> dict[str, Any]:
    """Fit, score, write the round's lines; then clear the round's keys for the next."""
    bench, number = visit.bench, visit.hop.round
    rows = visit.read(state["batch"], Candidate)
    history = state.get("history", [])
    sample = state.get("review")
    rejected = len(visit.read_all(state.get("rejected", []), Verdict))
    ending = _ending(state, visit, len(rows), rejected)
    weights = state.get("weights")
    plan = training_plan(
        bench.config.student,
        seed_rows=visit.seeds,
        batch=[*_new_seeds(visit), *(example(row) for row in rows)],
        review=visit.read(sample, Example) if sample else [],
        history=[example(row) for row in visit.read_all(history, Candidate)],
        weights=bench.artefacts.get(weights)[0] if weights else None,
        due=_due(visit, last=bool(state.get("stop") or ending.get("stop"))),
    )
    report = await bench.keeper.train(plan, number)
    since_base = report.steps + (0 if plan.start == "base" else student_steps(visit))
    await retest(visit, rows, bench.records(history[-1], Candidate) if history else ())
    dev = await score_round(
        visit,
        report,
        accepted=len(rows),
        rejected=rejected,
        errors=state.get("errors", {}),
        student_steps=since_base,
    )
    bench.dir.replace_lines(bench.dir.synthetic, number, [synthetic(row) for row in rows])
    earlier = (row for ref in history for row in bench.records(ref, Candidate))
    await draw_map(visit, [example(row) for row in (*earlier, *rows)])
    return {
        **ending,
        **_patience(state, visit, dev, ending.get("stop")),
        "round": number + 1,
        "classes": _classes(state, visit, rows),
        "wave": 0,
        "analysis": None,
        "review": None,
        "weights": None,
        "history": [*history, state["batch"]] if rows else history,
        "accepted": [],
        "rejected": [],
        "all_drafts": [],
        "sent_back": {},
    }


def _new_seeds(visit: Visit) -> list[Example]:
    """The shots of labels that came in with this round; the student meets them now."""
    before = visit.bench.seeds_at(visit.hop.round - 1)
    new = [row for row in visit.seeds if row not in before]
    for row in new:
        visit.emit(Seeded(row=row.id, text=row.text, label=row.label))
    return new


def _classes(state: State, visit: Visit, rows: list[Candidate]) -> list[str]:
    """What prompts list in the next round; feedback and history are known, so no freight."""
    bench = visit.bench
    feedback = bench.records(state["feedback"], Marked)
    earlier = [row for ref in state.get("history", []) for row in bench.records(ref, Candidate)]
    return next_classes(visit, feedback, [row.label for row in (*earlier, *rows)])


def calls_of(row: Candidate) -> list[str | None]:
    """The calls of a row's votes."""
    return [call for vote in row.votes for call in (vote.call, *vote.more)]


def synthetic(row: Candidate) -> dict[str, Any]:
    """A line of synthetic.jsonl: an accepted row with its lineage."""
    draft = row.draft
    by = (draft.call, draft.translation, *calls_of(row))
    calls = [call for call in by if call]
    return {
        "row": draft.row,
        "round": draft.round,
        "kind": draft.kind,
        "text": draft.text,
        **({} if draft.original is None else {"original": draft.original}),
        "label": row.label,
        "intended_label": draft.intended_label,
        "probability": row.probability,
        "agreement": row.agreement,
        "votes": [vote.to_json() for vote in row.votes],
        "calls": list(dict.fromkeys(calls)),
        "parents": list(draft.parents),
    }


def student_steps(visit: Visit) -> int:
    """Optimiser steps between the base weights and the student of the round before."""
    lines = closed_rounds(visit)
    return int(lines[-1]["student_steps"]) if lines else 0


def _due(visit: Visit, *, last: bool) -> int:
    """Steps this round owes, where the config counts steps.

    A student that is retrained takes all of them whenever there are new rows. If there never were
    any the last round owes them, for methods are compared at equal steps.
    """
    config = visit.bench.config
    if config.student.steps is None or (config.student.update == "retrain" and not last):
        return 0
    if last:
        share = 1.0
    elif config.budget.tokens:  # useful: those of a resumed run are the uninterrupted one's
        share = visit.bench.useful_tokens() / config.budget.tokens
    else:
        share = visit.hop.round / (config.loop.rounds or 1)
    return steps_due(config.student.steps, student_steps(visit), share)


def _ending(state: State, visit: Visit, accepted: int, rejected: int) -> dict[str, Any]:
    """The reason to stop that needs no score, where one holds; and the rounds without a row."""
    config, number = visit.bench.config, visit.hop.round
    loop = config.loop
    barren = 0 if accepted else state.get("barren", 0) + 1
    update: dict[str, Any] = {"barren": barren}
    plan = PLANS.get(config.method)
    if plan is not None and plan.once:
        update["stop"] = f"{SPENT}: {config.method} makes one pass over the seed texts"
    elif barren >= loop.barren_rounds:
        update["stop"] = f"{barren} rounds in a row without an accepted row"
    elif loop.rounds is not None and number >= loop.rounds:
        update["stop"] = f"{number} rounds done"
    elif affordable_turns(visit, accepted + rejected) < 1:
        visit.bench.books.tell_budget(visit.hop, "tokens", None, True)
        update["stop"] = "budget.tokens is reached"
    return update


def _patience(state: State, visit: Visit, dev: float | None, stop: str | None) -> dict[str, Any]:
    """Early stopping on dev (PGKD), and the counters it needs."""
    patience = visit.bench.config.loop.patience
    if dev is None:
        return {}
    best = state.get("best_dev")
    better = best is None or dev > best
    stale = 0 if better else state.get("stale", 0) + 1
    update: dict[str, Any] = {"best_dev": dev if better else best, "stale": stale}
    if stop is None and patience is not None and stale >= patience:
        update["stop"] = f"no better dev score for {patience} rounds"
    return update
