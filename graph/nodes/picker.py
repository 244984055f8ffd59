"""picker: takes texts from the pool that the policy finds worth a label. No tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agents.records import Candidate, Draft
from evokd.tasks.example import Example
from evokd.tasks.pool import PoolText, untaken
from graph.core.method import SPENT
from graph.core.node_context import NodeContext
from graph.core.picks import Demonstrations, Pick, opinion, pick, set_opinion
from graph.core.round_budget import texts_to_write
from graph.core.rows import deliver, example
from graph.core.state import LoopState
from student.selection.nearest import nearest_rows

if TYPE_CHECKING:
    from graph.methods.pool import Pool


async def picker(state: LoopState, node: NodeContext, method: Pool) -> dict[str, Any]:
    """Draw candidates, let the student and the policy look at them, hand the best ones on."""
    run, number = node.run, node.edge.round
    pool, earlier = method.pool(run), state.get("taken", [])
    taken = {pick.pool for ref in earlier for pick in run.records(ref, Pick)}
    left = [pool[place] for place in untaken(pool, taken)]
    rng = node.rng()
    candidates = rng.sample(left, min(method.settings.candidates, len(left)))
    wanted = min(texts_to_write(node, state, method.texts_a_round), len(candidates))
    policy = method.policy(number)
    texts = [one.text for one in candidates]
    probabilities = await run.students.probabilities(texts, number - 1)
    places = await method.acquire(run, policy, candidates, probabilities, wanted, rng)
    chosen = [candidates[place] for place in places]
    shown = await _demonstrations(state, node, method, chosen)
    labels, heads = node.task_format.labels, method.heads(run)
    if method.sets:
        opinions = [set_opinion(probabilities[place], labels) for place in places]
    else:
        opinions = [opinion(probabilities[place], labels, heads) for place in places]
    picks = [
        pick(f"r{number:03d}-{text.id}", text.id, policy, said, len(candidates), examples)
        for text, said, examples in zip(chosen, opinions, shown, strict=True)
    ]
    lines = [{**one.to_json(), "text": text.text} for one, text in zip(picks, chosen, strict=True)]
    run.dir.write_round(number, "picked.jsonl", lines)
    drafts = [
        Draft(one.row, number, "pool", text.text, None, None, ())
        for one, text in zip(picks, chosen, strict=True)
    ]
    update: dict[str, Any] = {
        "drafts": {node.edge.target: deliver(node, drafts)},
        "taken": [*earlier, node.put(picks)],
    }
    if method.settings.demonstrations:
        update["demonstrations"] = node.put(
            Demonstrations(one.row, examples) for one, examples in zip(picks, shown, strict=True)
        )
    if len(picks) == len(left):
        update["stop"] = f"{SPENT}: all {len(pool):,} texts of the pool are taken"
    return update


async def _demonstrations(
    state: LoopState, node: NodeContext, method: Pool, chosen: Sequence[PoolText]
) -> list[tuple[Example, ...]]:
    """For each text the nearest of the rows that have a label; none where none are asked for."""
    if not method.settings.demonstrations:
        return [() for _ in chosen]
    accepted = node.read_all(state.get("history", []), Candidate)
    rows = [*node.seeds, *map(example, accepted)]
    mine = await method.embeddings(node.run, [one.text for one in chosen])
    theirs = await method.embeddings(node.run, [row.text for row in rows])
    found = await asyncio.to_thread(nearest_rows, mine, theirs, method.settings.demonstrations)
    return [tuple(rows[place] for place in places) for places in found]
