"""evaluator: the student's verdicts on the accepted batch, before it trains on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.records import Candidate, Draft, Marked, Verdict
from evokd.store.events import Evaluated
from graph.core.faithful import score_analysis
from graph.core.feedback import least_sure, mark
from graph.core.loop_method import LoopMethod
from graph.core.losses import losses_of, with_losses
from graph.core.measuring import measure
from graph.core.node_context import NodeContext
from graph.core.rows import example, turned_down
from graph.core.state import LoopState


async def evaluator(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Mark the batch right and wrong: the next round's feedback, and how hard it really was."""
    run, number = node.run, node.edge.round
    # without a critic, what the ballot let through is accepted
    refs = state.get("accepted") or [state["candidates"]]
    rows = node.read_all(refs, Candidate)
    batch = node.put(rows)
    examples = [example(row) for row in rows]
    texts = [row.text for row in examples]
    predictions, logs = await run.students.verdicts(texts, number - 1)
    marked = [
        mark(row, p, kind=one.draft.kind)
        for one, row, p in zip(rows, examples, predictions, strict=True)
    ]
    for row, prediction in zip(marked, predictions, strict=True):
        node.emit(
            Evaluated(
                row=row.row,
                label=row.label,
                predicted=row.predicted,
                confidence=round(prediction.confidence, 4),
            )
        )
    if method.ranks or run.config.loop.difficulty or run.config.student.weights == "difficulty":
        marked = await with_losses(run, examples, marked, number - 1)
    _write_files(state, node, rows, marked)
    update: dict[str, Any] = {"batch": batch, "errors": _errors(rows, marked)}
    update["faithful"] = score_analysis(state, node, marked)
    if rows:
        losses = losses_of(examples, logs, run.task_format_at(number - 1).labels)
        update["losses"] = run.artefacts.put([losses])
    measured = await measure(node, examples, marked)
    if measured:
        update["measured"] = [*state.get("measured", []), run.artefacts.put([measured])]
    told = least_sure(method.tell(node, marked))
    if told:  # a round without accepted rows leaves the earlier feedback in place
        update["feedback"] = node.put(told)
    return update


def _errors(rows: Sequence[Candidate], marked: Sequence[Marked]) -> dict[str, float | None]:
    """Share of rows the student got wrong, by kind; None where there are none of the kind."""
    errors: dict[str, float | None] = {}
    for kind in ("hard", "easy"):
        wrong = [
            m.mark == "wrong" for r, m in zip(rows, marked, strict=True) if r.draft.kind == kind
        ]
        errors[kind] = sum(wrong) / len(wrong) if wrong else None
    return errors


def _write_files(
    state: LoopState, node: NodeContext, rows: Sequence[Candidate], marked: Sequence[Marked]
) -> None:
    run, number = node.run, node.edge.round
    drafts = node.read_all(state.get("all_drafts", []), Draft)
    rejected = node.read_all(state.get("rejected", []), Verdict)
    texts = {draft.row: draft for draft in drafts}
    put = run.dir.write_round
    put(number, "drafts.jsonl", [draft.to_json() for draft in drafts])
    put(number, "accepted.jsonl", [row.to_json() for row in rows])
    put(
        number,
        "rejected.jsonl",
        [turned_down(verdict, texts[verdict.row]) for verdict in rejected],
    )
    put(number, "predictions.jsonl", [row.to_json() for row in marked])
