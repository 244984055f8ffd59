"""What a control told its readers in place of the student's verdicts, kept beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agents.records import Marked
from evokd.store.events import Told

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext


def keep_told(
    node: NodeContext,
    rows: Sequence[Marked],
    *,
    stayed: int = 0,
    source: str | None = None,
    source_round: int | None = None,
) -> None:
    """A trace event, and `told.json` in the round's folder beside predictions.jsonl.

    Args:
        node: Warm-up or evaluator.
        rows: As the readers of the next round get them.
        stayed: Rows told wrong (uncertain where none is) that truly are.
        source: Directory of another run, whose rows they are.
        source_round: The round of that run.
    """
    told = Told(
        rows=len(rows),
        suspects=sum(row.mark in ("wrong", "uncertain") for row in rows),
        stayed=stayed,
        source=source,
        source_round=source_round,
    )
    node.emit(told)
    figures = told.model_dump(include={"suspects", "stayed", "source", "source_round"})
    document = {**figures, "rows": [row.to_json() for row in rows]}
    node.run.dir.write_round(node.edge.round, "told.json", [document])
