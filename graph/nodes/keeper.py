"""keeper: which of the round's rows are trained on and stay (`loop.keep`). No tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from agents.records import Candidate
from evokd.store.events import Kept
from evokd.tasks.example import Example
from graph.core.loop_method import LoopMethod
from graph.core.memory import consulted, gold_rows, memory_of, remembered
from graph.core.node_context import NodeContext
from graph.core.rows import example
from graph.core.state import LoopState
from student.selection.held_back import taught
from student.selection.memory import Memory, StudentView
from student.selection.retention import kept_places


async def keeper(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Score the rows by the student that doesn't know them yet; the best of them go on.

    Rows that are held back from training anyway (`student.calibration`) pass without a score.
    """
    run, settings = node.run, node.run.config.loop.keep
    assert settings is not None
    batch = node.read(state["batch"], Candidate)
    rows = taught([example(row) for row in batch], run.config.student)
    gold = gold_rows(node, settings.gold)
    memory = memory_of(node, state, settings.policy, gold)
    scores = await consulted(
        node, memory, lambda student: _scores(memory, node.edge.round, rows, gold, student)
    )
    places = kept_places(rows, scores, settings, node.rng(), memory.stratum)
    gone = {row.id for row in rows} - {rows[at].id for at in places}
    told = {row.id: _rounded(score) for row, score in zip(rows, scores, strict=True)}
    for row in rows:
        node.emit(
            Kept(
                row=row.id,
                policy=settings.policy,
                score=told[row.id],
                kept=row.id not in gone,
            )
        )
    return {
        "batch": node.put(row for row in batch if row.draft.row not in gone),
        "whole_batch": state["batch"],
        "row_scores": run.artefacts.put([told]),
        **remembered(node, state, memory),
    }


def _scores(
    memory: Memory,
    round_number: int,
    rows: Sequence[Example],
    gold: Sequence[Example],
    student: StudentView | None,
) -> list[float]:
    memory.observe(round_number, rows, student)
    return [float(score) for score in memory.score(rows, gold)] if rows else []


def _rounded(score: float) -> float | None:
    """As files have it: JSON knows no infinity."""
    return float(f"{score:.6g}") if math.isfinite(score) else None
