"""How much of a further round the token budget still carries, labelling and all.

Texts that nobody can label any more would be tokens for nothing, so the last round is cut to what
a text has cost so far, and a rest that buys no turn ends the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evokd.config import LoopConfig

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext


def affordable_turns(node: NodeContext, state: Mapping[str, Any], closing: int = 0) -> int:
    """Turns of both generators, at most `calls_per_round`.

    Before the first round is closed nothing is known of the cost of a text: no cut.

    Args:
        node: Of the round that would write, or that is being closed.
        state: With what the closed rounds have cost.
        closing: Texts of the round that is being closed.
    """
    run = node.run
    loop, limit = run.config.loop, run.config.budget.tokens
    texts = state.get("closed_texts", 0) + closing
    if limit is None or not texts:
        return loop.calls_per_round
    spent = run.metering.budget.tokens if closing else state.get("closed_tokens", 0)
    if not spent:
        return loop.calls_per_round
    turns = int((limit - spent) * texts / (spent * texts_per_turn(loop)))
    return min(loop.calls_per_round, max(0, turns))


def texts_per_turn(loop: LoopConfig) -> int:
    """What both generators write in one turn; a rival's writer writes as many."""
    return loop.n_hard + (loop.n_easy if loop.switches.easy else 0)
