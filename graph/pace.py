"""How much of a further round the token budget still carries, labelling and all.

Texts that nobody can label any more would be tokens for nothing, so the last round is cut to what
a text has cost so far, and a rest that buys no turn ends the run.
"""

from __future__ import annotations

from typing import Any

from evokd.config import LoopConfig
from evokd.store.run_dir import read_lines
from graph.visit import Visit


def affordable_turns(visit: Visit, closing: int = 0) -> int:
    """Turns of both generators, at most `calls_per_round`.

    Before the first round is closed nothing is known of the cost of a text: no cut.

    Args:
        visit: Of a node in the round that would write, or that is being closed.
        closing: Texts of the round that is being closed.
    """
    bench = visit.bench
    loop, limit = bench.config.loop, bench.config.budget.tokens
    lines = closed_rounds(visit)
    texts = sum(line["accepted"] + line["rejected"] for line in lines) + closing
    if limit is None or not texts:
        return loop.calls_per_round
    spent = bench.books.budget.tokens if closing else int(lines[-1]["billed_tokens"])
    if not spent:
        return loop.calls_per_round
    turns = int((limit - spent) * texts / (spent * texts_per_turn(loop)))
    return min(loop.calls_per_round, max(0, turns))


def texts_per_turn(loop: LoopConfig) -> int:
    """What both generators write in one turn; a rival's writer writes as many."""
    return loop.n_hard + (loop.n_easy if loop.switches.easy else 0)


def closed_rounds(visit: Visit) -> list[dict[str, Any]]:
    """Lines of metrics.jsonl before this round: a node that runs again may have written its own."""
    return [line for line in read_lines(visit.bench.dir.metrics) if line["round"] < visit.hop.round]
