"""selector: `loss_ranked` keeps the accepted rows that the student finds hardest. No tokens."""

from __future__ import annotations

from typing import Any

from agents.records import Candidate, Verdict
from evokd.baselines.ranking import hardest
from graph.nodes.ballot import judged
from graph.nodes.evaluator import example
from graph.state import State
from graph.visit import Visit


async def selector(state: State, visit: Visit) -> dict[str, Any]:
    """Of `loss_ranked_factor` accepted rows one stays; the others are rejected, and say so."""
    bench, number = visit.bench, visit.hop.round
    # without a critic, what the ballot let through is accepted
    rows = visit.read_all(state.get("accepted") or [state["candidates"]], Candidate)
    losses = await bench.keeper.losses([example(row) for row in rows], number - 1)
    keep = -(-len(rows) // bench.config.rivals.loss_ranked_factor)
    kept = set(hardest(losses, keep))
    dropped = [
        Verdict(row.draft.row, "reject", None, f"not among the hardest (loss {loss:.3f})")
        for i, (row, loss) in enumerate(zip(rows, losses, strict=True))
        if i not in kept
    ]
    for verdict in dropped:
        visit.emit(judged("selector", verdict))
    return {
        "accepted": [visit.put(row for i, row in enumerate(rows) if i in kept)],
        "rejected": [*state.get("rejected", []), visit.put(dropped)],
    }
