"""auditor: which labels the student's own training makes doubtful (`student.noise`). No tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.records import Candidate
from evokd.store.events import Audited, Warned
from evokd.tasks.example import Example
from graph.core.label_doubts import Doubt, doubts, weights_of
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import example
from graph.core.state import LoopState
from student.selection.schedule import review_due

MANY = 0.4
"""Share of doubtful rows from which on the students, not the labels, are the likelier cause."""


async def auditor(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Judge all written rows, the seed shots are trusted; between audits the last one stands."""
    run, settings = node.run, node.run.config.student.noise
    assert settings is not None
    refs = [*state.get("history", []), state["batch"]]
    rows = [example(row) for row in node.read_all(refs, Candidate)]
    if not rows or not review_due(node.edge.round, settings.every):
        return {}
    found = await doubts(node, rows)
    weights = weights_of(rows, found, settings.action)
    last = state.get("audit")
    before = set(run.artefacts.get(last)[0]["suspects"]) if last else set()
    _tell(node, rows, found, weights, before)
    suspects = [row.id for row, doubt in zip(rows, found, strict=True) if doubt.suspect]
    if len(suspects) > MANY * len(rows):
        node.emit(
            Warned(
                text=f"student.noise doubts {len(suspects)} of {len(rows)} labels: students that"
                " have learnt too little to judge them, rather than labels that are wrong; train"
                " longer (student.epochs, student.steps) or set student.noise.action: list"
            )
        )
    return {"audit": run.artefacts.put([{"weights": weights, "suspects": suspects}])}


def _tell(
    node: NodeContext,
    rows: Sequence[Example],
    found: Sequence[Doubt],
    weights: dict[str, float],
    before: set[str],
) -> None:
    """Trace events of suspects and of rows that are none any more; suspects.jsonl, weights.json."""
    lines = []
    for row, doubt in zip(rows, found, strict=True):
        weight = weights.get(row.id, 1.0)
        if doubt.suspect:
            lines.append(_line(row, doubt, weight))
        if doubt.suspect or row.id in before:
            node.emit(
                Audited(
                    row=row.id,
                    label=row.label,
                    suspect=doubt.suspect,
                    likelier=doubt.likelier,
                    weight=weight,
                    reason=doubt.reason,
                )
            )
    node.run.dir.write_round(node.edge.round, "suspects.jsonl", lines)
    node.run.dir.write_round(node.edge.round, "noise_weights.json", [weights])


def _line(row: Example, doubt: Doubt, weight: float) -> dict[str, Any]:
    return {
        "row": row.id,
        "text": row.text,
        "label": row.label,
        "likelier": doubt.likelier,
        "probabilities": doubt.probabilities,
        "weight": weight,
        "reason": doubt.reason,
    }
