"""warm_up: the student learns the seed shots; its verdicts on them are the first feedback."""

from __future__ import annotations

from typing import Any

from langgraph.types import Overwrite

from agents.ballot import KnownTexts, hold_ballot
from agents.records import Candidate, Draft, Marked, Vote
from evokd.store.events import Seeded
from evokd.tasks.example import Example
from graph.core.embedding_map import lay_axes, save_map
from graph.core.feedback import least_sure, mark
from graph.core.loop_method import LoopMethod, equal_only
from graph.core.losses import losses_of, with_losses
from graph.core.node_context import NodeContext
from graph.core.post_training_eval import retested
from graph.core.prompt_classes import next_classes
from graph.core.representation import represented
from graph.core.rows import example, judged, synthetic, turned_down
from graph.core.scores import score_round
from graph.core.silence import warn_of_silence
from graph.core.state import LoopState
from student.selection.held_back import held_back


async def warm_up(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Fit on the seed, score, and mark the seed rows."""
    run = node.run
    written, rejected = _paraphrases(state, node)
    made = [example(row) for row in written]
    plan = method.warm_up(run, [*node.seeds, *made])
    await lay_axes(node)
    report = await run.students.train(plan, 0)
    placed = await save_map(node, made)
    await score_round(
        node,
        report,
        accepted=len(written),
        rejected=rejected,
        errors={},
        student_steps=report.steps,
        measure=method.measure,
        held_back=held_back(made, run.config.student),
        beside={
            "faithful": None,
            "weights": None,
            **await represented(node, made, len(made), placed),
        },
    )
    warn_of_silence(run, 0, node.edge.target)
    feedback, losses = await first_feedback(node, node.seeds)
    if method.ranks:
        feedback = await with_losses(run, node.seeds, feedback, 0)
    run.dir.write_round(0, "predictions.jsonl", [row.to_json() for row in feedback])
    told = method.tell(node, feedback)
    update: dict[str, Any] = {
        "round": 1,
        "feedback": node.put(told),
        "losses": run.artefacts.put([losses]),
        "drafts": Overwrite({}),  # the paraphraser's are not the first wave's
        "classes": next_classes(node, method.marks, told, []),
        "student_steps": report.steps,
        "warm_up_steps": report.steps,
        "closed_texts": len(written) + rejected,
        "closed_tokens": run.metering.budget.tokens,
    }
    if written:
        run.dir.replace_lines(run.dir.synthetic, 0, [synthetic(row) for row in written])
        update["history"] = [node.put(written)]
    spent = method.spent(0)
    if spent is not None:
        update["stop"] = spent
    elif run.config.loop.rounds == 0:
        update["stop"] = "no rounds asked for"
    return update


def _paraphrases(state: LoopState, node: NodeContext) -> tuple[list[Candidate], int]:
    """EvoKD+Init: AugGPT's rows, but for repetitions and held-out texts; and how many fell."""
    refs = list((state.get("drafts") or {}).values())
    if not refs:
        return [], 0
    run = node.run
    drafts = node.read_all(refs, Draft)
    result = hold_ballot(
        drafts,
        [Vote(d.row, 0, d.intended_label, None, d.call) for d in drafts],
        node.task_format.labels,
        known=KnownTexts([(row.text, row.label) for row in node.seeds], equal_only),
        off_limits=run.off_limits,
        calibrate=False,
        fault=run.task.task_format.fault,
    )
    told = {draft.row for draft in drafts if draft.unclean}  # by their writer's node
    for verdict in result.rejected:
        if verdict.row in told:
            continue
        node.emit(judged("ballot", verdict))
    run.dir.write_round(0, "drafts.jsonl", [draft.to_json() for draft in drafts])
    run.dir.write_round(0, "accepted.jsonl", [row.to_json() for row in result.candidates])
    texts = {draft.row: draft for draft in drafts}
    lines = [turned_down(verdict, texts[verdict.row]) for verdict in result.rejected]
    run.dir.write_round(0, "rejected.jsonl", lines)
    return list(result.candidates), len(result.rejected)


async def first_feedback(
    node: NodeContext, seeds: tuple[Example, ...]
) -> tuple[list[Marked], dict[str, float]]:
    """Verdicts on the seed, and losses by row.

    After a fit most are right, so the least sure stand as uncertain.
    """
    predictions, logs = await node.run.students.verdicts([row.text for row in seeds], 0)
    marked = [mark(row, p) for row, p in zip(seeds, predictions, strict=True)]
    for row, prediction in zip(seeds, predictions, strict=True):
        node.emit(Seeded(row=row.id, text=row.text, label=row.label))
        node.emit(retested(row, prediction, trained=True))
    return least_sure(marked), losses_of(seeds, logs, node.task_format.labels)
