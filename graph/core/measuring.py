"""What written rows teach and how much they count: soft targets and weights of a fit. No tokens."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from agents.records import Candidate, Marked
from evokd.store.artefacts import Ref
from evokd.store.events import Warned
from evokd.tasks.example import Example
from graph.core.node_context import NodeContext
from graph.core.row_weights import (
    MEASURES,
    WeighedRow,
    composed,
    normalised,
    row_factors,
)


async def measure(
    node: NodeContext, rows: Sequence[Example], marked: Sequence[Marked]
) -> dict[str, float]:
    """Row id → what `student.weights` needs of it; nothing where it goes by the row alone.

    Args:
        node: The evaluator.
        rows: Of this round.
        marked: The student's verdicts on them, with losses where `difficulty` needs them.
    """
    run, weights = node.run, node.run.config.student.weights
    if weights == "difficulty":
        found = {row.row: math.exp(-row.loss) for row in marked if row.loss is not None}
    elif weights == "value" and rows:
        worth = await run.students.helpfulness(rows, node.seeds, node.edge.round - 1)
        found = {row.id: value for row, value in zip(rows, worth, strict=True)}
    else:
        return {}
    return {row: float(f"{value:.6g}") for row, value in found.items()}


def measurements(node: NodeContext, refs: Sequence[Ref]) -> dict[str, float]:
    """What was measured of the rows so far, this round's among them."""
    return {
        row: value
        for ref in refs
        for one in node.run.artefacts.get(ref)
        for row, value in one.items()
    }


def stored_measure(
    node: NodeContext, row: Candidate, measured: Mapping[str, float]
) -> dict[str, float]:
    """A row's measurement as synthetic.jsonl has it."""
    name = MEASURES.get(node.run.config.student.weights)
    here = measured.get(row.draft.row)
    return {} if name is None or here is None else {name: here}


def soft_targets(
    node: NodeContext, batch: Sequence[Candidate], history: Sequence[Candidate]
) -> dict[str, dict[str, float]] | None:
    """Row id → distribution, with `student.targets: soft`; the others teach their labels."""
    if node.run.config.student.targets != "soft":
        return None
    bare = sum(row.distribution is None for row in batch)
    if bare:
        node.emit(
            Warned(
                text=f"student.targets: soft: {bare} of this round's {len(batch)} rows have no"
                " distribution (one vote that told no probability); they teach their labels",
                grave=bare == len(batch),
            )
        )
    rows = (*history, *batch)
    return {row.draft.row: row.distribution for row in rows if row.distribution is not None}


def fit_weights(
    node: NodeContext,
    batch: Sequence[Candidate],
    history: Sequence[Candidate],
    review: Sequence[Example],
    measured: Mapping[str, float],
    *learnt: Mapping[str, float] | None,
) -> dict[str, float] | None:
    """Row id → factor of its loss: `student.weights` times what else was learnt of the row.

    Of mean 1 over the written rows that the fit takes. With `student.weights` the product is
    written to weights.json of the round.

    Args:
        node: The trainer.
        batch: Rows of this round.
        history: Rows of earlier rounds.
        review: Those of them that are seen again.
        measured: See `measurements`.
        learnt: The weigher's weights (SunGen), those of the auditor.
    """
    run, config = node.run, node.run.config.student
    if config.weights == "none":
        return composed(*learnt)
    rows = [WeighedRow.of(row) for row in (*history, *batch)]
    taught = [row.draft.row for row in batch] + [row.id for row in review]
    if config.update == "retrain" or not taught:
        taught = [row.id for row in rows]
    factors = row_factors(config, rows, measured, node.task_format.classes)
    found = composed(normalised(factors, taught), *learnt)
    run.dir.write_round(node.edge.round, "weights.json", [found or {}])
    return found
