"""selector: keeps the accepted rows that the student finds hardest. No tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.records import Candidate, Verdict
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import example, judged
from graph.core.state import LoopState


async def selector(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Of `factor` accepted rows one stays; the others are rejected, and say so."""
    run, number = node.run, node.edge.round
    # without a critic, what the ballot let through is accepted
    rows = node.read_all(state.get("accepted") or [state["candidates"]], Candidate)
    losses = await run.students.losses([example(row) for row in rows], number - 1)
    keep = -(-len(rows) // method.settings.factor)
    kept = set(hardest(losses, keep))
    dropped = [
        Verdict(row.draft.row, "reject", None, f"not among the hardest (loss {loss:.3f})")
        for i, (row, loss) in enumerate(zip(rows, losses, strict=True))
        if i not in kept
    ]
    for verdict in dropped:
        node.emit(judged("selector", verdict))
    return {
        "accepted": [node.put(row for i, row in enumerate(rows) if i in kept)],
        "rejected": [*state.get("rejected", []), node.put(dropped)],
    }


def hardest(losses: Sequence[float], keep: int) -> list[int]:
    """Indices of the `keep` largest losses, in the order of the rows; of equals the first."""
    ranked = sorted(range(len(losses)), key=lambda i: (-losses[i], i))
    return sorted(ranked[:keep])
