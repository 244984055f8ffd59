"""How much of a further round the token budget still carries, labelling and all.

Texts that nobody can label any more would be tokens for nothing, so the last round is cut to what
a text has cost so far, and a rest that buys no turn ends the run.
"""

from __future__ import annotations

from evokd.store.run_dir import read_lines
from graph.visit import Visit


def affordable_turns(visit: Visit) -> int:
    """Turns of both generators, at most `calls_per_round`.

    Before the first round is closed nothing is known of the cost of a text: no cut.
    """
    bench = visit.bench
    loop, limit = bench.config.loop, bench.config.budget.tokens
    lines = read_lines(bench.dir.metrics)
    texts = sum(line["accepted"] + line["rejected"] for line in lines)
    if limit is None or not texts:
        return loop.calls_per_round
    spent = int(lines[-1]["billed_tokens"])
    if not spent:
        return loop.calls_per_round
    per_turn = loop.n_hard + (loop.n_easy if loop.switches.easy else 0)
    return min(loop.calls_per_round, max(0, int((limit - spent) * texts / (spent * per_turn))))
