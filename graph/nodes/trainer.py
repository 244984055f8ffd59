"""trainer: trains on the accepted rows and the review sample, scores, and closes the round."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agents.records import Candidate, Marked, Verdict
from evokd.store.events import Seeded
from evokd.tasks.example import Example
from graph.core.early_stopping import early_stopping
from graph.core.embedding_map import save_map
from graph.core.kept_rows import kept_rows
from graph.core.label_doubts import left_out
from graph.core.loop_method import LoopMethod
from graph.core.measuring import fit_weights, measurements, soft_targets, stored_measure
from graph.core.node_context import NodeContext
from graph.core.pool_share import pool_share
from graph.core.post_training_eval import evaluate_after_training
from graph.core.prompt_classes import next_classes
from graph.core.representation import represented
from graph.core.round_budget import RoundCost, affordable, with_this_round
from graph.core.rows import example, synthetic
from graph.core.scores import score_round
from graph.core.silence import warn_of_silence
from graph.core.state import LoopState
from graph.core.usable import warn_of_useless
from graph.core.weight_effect import weight_effect
from student.encoder.training_plan import steps_due, training_plan
from student.selection.held_back import held_back


async def trainer(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Fit, score, write the round's lines; then clear the round's keys for the next."""
    run, number = node.run, node.edge.round
    rows = node.read(state["batch"], Candidate)
    choice = kept_rows(node, state, rows)
    history = state.get("history", [])
    sample = state.get("review")
    rejected = len(node.read_all(state.get("rejected", []), Verdict))
    written = len(choice.accepted) + rejected
    costs = with_this_round(node, state, written)
    ending = _ending(state, node, method, len(choice.accepted), costs)
    earlier = node.read_all(history, Candidate)
    weights, audit = state.get("weights"), state.get("audit")
    learnt = run.artefacts.get(weights)[0] if weights else None
    noise = run.artefacts.get(audit)[0]["weights"] if audit else None
    dropped = left_out(noise)

    def kept(some: Iterable[Example]) -> list[Example]:
        return [row for row in some if row.id not in dropped]

    seen_again = kept(node.read(sample, Example)) if sample else []
    measured = measurements(node, state.get("measured", []))
    row_weights = fit_weights(node, rows, earlier, seen_again, measured, learnt, noise)
    plan = training_plan(
        run.config.student,
        seed_rows=node.seeds,
        batch=[*_new_seeds(node), *kept(example(row) for row in rows)],
        review=seen_again,
        history=kept(example(row) for row in earlier),
        weights=row_weights,
        soft=soft_targets(node, rows, earlier),
        due=_due(state, node, last=bool(state.get("stop") or ending.get("stop"))),
    )
    report = await run.students.train(plan, number)
    accepted = [example(row) for row in (*earlier, *rows)]
    taken = report.steps + (0 if plan.start == "base" else state.get("student_steps", 0))
    after = await evaluate_after_training(
        node,
        choice.accepted,
        run.records(history[-1], Candidate) if history else (),
        dropped | choice.gone,
    )
    placed = await save_map(node, accepted)
    before = run.artefacts.get(state["losses"])[0] if rows and "losses" in state else {}
    dev = await score_round(
        node,
        report,
        accepted=len(choice.accepted),
        rejected=rejected,
        errors=state.get("errors", {}),
        student_steps=taken,
        measure=method.measure,
        held_back=held_back(accepted, run.config.student),
        beside={
            "faithful": state.get("faithful"),
            "weights": weight_effect(row_weights, before, after),
            **({} if choice.scores is None else {"kept": len(rows)}),
            **await represented(node, accepted, len(rows), placed),
        },
    )
    lines = [
        synthetic(row, stored_measure(node, row, measured) | choice.told(row))
        for row in choice.accepted
    ]
    run.dir.replace_lines(run.dir.synthetic, number, lines)
    warn_of_silence(run, number, node.edge.target)
    warn_of_useless(run, number, node.edge.target)
    return {
        **ending,
        **early_stopping(state, node, dev, ending.get("stop")),
        "round": number + 1,
        "classes": _classes(state, node, method, rows),
        "student_steps": taken,
        "closed_texts": state.get("closed_texts", 0) + written,
        "closed_tokens": run.metering.budget.tokens,
        "costs": costs,
        "wave": 0,
        "analysis": None,
        "faithful": None,
        "whole_batch": None,
        "row_scores": None,
        "review": None,
        "weights": None,
        "history": [*history, state["batch"]] if rows else history,
        "accepted": [],
        "rejected": [],
        "all_drafts": [],
        "sent_back": {},
    }


def _new_seeds(node: NodeContext) -> list[Example]:
    """The shots of labels that came in with this round; the student meets them now."""
    before = node.run.seeds_at(node.edge.round - 1)
    new = [row for row in node.seeds if row not in before]
    for row in new:
        node.emit(Seeded(row=row.id, text=row.text, label=row.label))
    return new


def _classes(
    state: LoopState, node: NodeContext, method: LoopMethod, rows: list[Candidate]
) -> list[str]:
    """What prompts list in the next round; feedback and history are known, so no freight."""
    run = node.run
    feedback = run.records(state["feedback"], Marked)
    earlier = [row for ref in state.get("history", []) for row in run.records(ref, Candidate)]
    return next_classes(node, method.marks, feedback, [row.label for row in (*earlier, *rows)])


def _due(state: LoopState, node: NodeContext, *, last: bool) -> int:
    """Steps this round owes, where the config counts steps.

    A student that is retrained takes all of them whenever there are new rows. If there never were
    any the last round owes them, for methods are compared at equal steps.
    """
    config = node.run.config
    if config.student.steps is None or (config.student.update == "retrain" and not last):
        return 0
    if last:
        share = 1.0
    elif config.budget.tokens:  # useful: those of a resumed run are the uninterrupted one's
        share = node.run.useful_tokens() / config.budget.tokens
    else:
        share = node.edge.round / (config.loop.rounds or 1)
    return steps_due(
        config.student.steps,
        state.get("student_steps", 0),
        share,
        state.get("warm_up_steps", 0),
    )


def _ending(
    state: LoopState, node: NodeContext, method: LoopMethod, accepted: int, costs: list[RoundCost]
) -> dict[str, Any]:
    """The reason to stop that needs no score, where one holds; and the rounds without a row."""
    config, number = node.run.config, node.edge.round
    loop = config.loop
    barren = 0 if accepted else state.get("barren", 0) + 1
    update: dict[str, Any] = {"barren": barren}
    spent = method.spent(number)
    if spent is not None:
        update["stop"] = spent
    elif barren >= loop.barren_rounds:
        update["stop"] = f"{barren} rounds in a row without an accepted row"
    elif loop.rounds is not None and number >= loop.rounds:
        update["stop"] = f"{number} rounds done"
    elif _affordable(state, node, method, costs) < 1:
        node.run.metering.tell_budget(node.edge, "tokens", None, True)
        update["stop"] = "budget.tokens is reached"
    return update


def _affordable(
    state: LoopState, node: NodeContext, method: LoopMethod, costs: list[RoundCost]
) -> int:
    """Texts that the budget carries in the next round."""
    run = node.run
    return affordable(
        run, costs, run.metering.budget.tokens, method.texts_a_round, pool_share(run, state)
    )
