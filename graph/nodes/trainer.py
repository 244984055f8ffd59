"""trainer: trains on the accepted rows and the review sample, scores, and closes the round."""

from __future__ import annotations

from typing import Any

from agents.records import Candidate, Verdict
from evokd.tasks.example import Example
from graph.nodes.evaluator import example
from graph.pace import affordable_turns
from graph.scores import score_round
from graph.state import State
from graph.visit import Visit
from student.trainer import training_plan


async def trainer(state: State, visit: Visit) -> dict[str, Any]:
    """Fit, score, write the round's lines; then clear the round's keys for the next."""
    bench, number = visit.bench, visit.hop.round
    rows = visit.read(state["batch"], Candidate)
    history = state.get("history", [])
    sample = state.get("review")
    plan = training_plan(
        bench.config.student,
        seed_rows=bench.seeds,
        batch=[example(row) for row in rows],
        review=visit.read(sample, Example) if sample else [],
        history=[example(row) for row in visit.read_all(history, Candidate)],
    )
    report = await bench.keeper.train(plan, number)
    rejected = len(visit.read_all(state.get("rejected", []), Verdict))
    dev = await score_round(
        visit, report, accepted=rows, rejected=rejected, errors=state.get("errors", {})
    )
    bench.dir.replace_lines(bench.dir.synthetic, number, [synthetic(row) for row in rows])
    ending = _ending(state, visit, len(rows), dev)
    return {
        **ending,
        "round": number + 1,
        "wave": 0,
        "analysis": None,
        "review": None,
        "history": [*history, state["batch"]] if rows else history,
        "accepted": [],
        "rejected": [],
        "all_drafts": [],
        "sent_back": {},
    }


def synthetic(row: Candidate) -> dict[str, Any]:
    """A line of synthetic.jsonl: an accepted row with its lineage."""
    draft = row.draft
    calls = [draft.call, *(vote.call for vote in row.votes if vote.call)]
    return {
        "row": draft.row,
        "round": draft.round,
        "kind": draft.kind,
        "text": draft.text,
        "label": row.label,
        "intended_label": draft.intended_label,
        "probability": row.probability,
        "agreement": row.agreement,
        "votes": [vote.to_json() for vote in row.votes],
        "calls": list(dict.fromkeys(calls)),
        "parents": list(draft.parents),
    }


def _ending(state: State, visit: Visit, accepted: int, dev: float | None) -> dict[str, Any]:
    """Counters of the stopping rules, and the reason to stop where one holds."""
    loop, number = visit.bench.config.loop, visit.hop.round
    barren = 0 if accepted else state.get("barren", 0) + 1
    update: dict[str, Any] = {"barren": barren}
    if dev is not None:
        best = state.get("best_dev")
        better = best is None or dev > best
        update |= {
            "best_dev": dev if better else best,
            "stale": 0 if better else state.get("stale", 0) + 1,
        }
    if barren >= loop.barren_rounds:
        update["stop"] = f"{barren} rounds in a row without an accepted row"
    elif loop.patience is not None and update.get("stale", 0) >= loop.patience:
        update["stop"] = f"no better dev score for {loop.patience} rounds"
    elif loop.rounds is not None and number >= loop.rounds:
        update["stop"] = f"{number} rounds done"
    elif affordable_turns(visit) < 1:
        update["stop"] = "budget.tokens is reached"
    return update
