"""picker: takes texts from the pool that the policy finds worth a label. No tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agents.records import Candidate, Draft
from evokd.tasks.example import Example
from evokd.tasks.pool import PoolText
from graph.core.method import SPENT
from graph.core.node_context import NodeContext
from graph.core.picks import Demonstrations, Pick, nearest, score, spread, untaken
from graph.core.round_budget import texts_to_write
from graph.core.rows import deliver, example
from graph.core.state import LoopState

if TYPE_CHECKING:
    from graph.methods.pool import Pool


async def picker(state: LoopState, node: NodeContext, method: Pool) -> dict[str, Any]:
    """Draw candidates, let the student and the policy look at them, hand the best ones on."""
    run, number, settings = node.run, node.edge.round, method.settings
    pool = method.pool(run)
    earlier = state.get("taken", [])
    left = untaken(pool, {pick.pool for ref in earlier for pick in run.records(ref, Pick)})
    rng = node.rng()
    candidates = rng.sample(left, min(settings.candidates, len(left)))
    texts = [one.text for one in candidates]
    wanted = min(texts_to_write(node, state, settings.batch), len(candidates))
    policy = method.policy(number)
    probabilities = await run.students.probabilities(texts, number - 1)
    chosen = await method.acquire(run, policy, texts, probabilities, wanted, rng)
    rows = [f"r{number:03d}-{candidates[place].id}" for place in chosen]
    labels = node.task_format.labels
    shown = await _demonstrations(state, node, method, [candidates[place] for place in chosen])
    picks = []
    for place, row, examples in zip(chosen, rows, shown, strict=True):
        first, second, entropy = spread(probabilities[place])
        value = score(policy, probabilities[place])
        picks.append(
            Pick(
                row=row,
                pool=candidates[place].id,
                policy=policy,
                score=None if value is None else round(value, 6),
                predicted=labels[int(probabilities[place].argmax())],
                probability=round(first, 6),
                margin=round(first - second, 6),
                entropy=round(entropy, 6),
                candidates=len(candidates),
                shown=tuple(one.id for one in examples),
            )
        )
    drafts = [
        Draft(row, number, "pool", texts[place], None, None, ())
        for place, row in zip(chosen, rows, strict=True)
    ]
    run.dir.write_round(number, "picked.jsonl", [pick.to_json() for pick in picks])
    update: dict[str, Any] = {
        "drafts": {node.edge.target: deliver(node, drafts)},
        "taken": [*earlier, node.put(picks)],
    }
    if settings.demonstrations:
        pairs = zip(rows, shown, strict=True)
        update["demonstrations"] = node.put(Demonstrations(row, found) for row, found in pairs)
    if len(picks) == len(left):
        update["stop"] = f"{SPENT}: all {len(pool):,} texts of the pool are taken"
    return update


async def _demonstrations(
    state: LoopState, node: NodeContext, method: Pool, chosen: Sequence[PoolText]
) -> list[tuple[Example, ...]]:
    """For each text the nearest of the rows that have a label; none where none are asked for."""
    k = method.settings.demonstrations
    if not k or not chosen:
        return [() for _ in chosen]
    labelled = node.read_all(state.get("history", []), Candidate)
    rows = [*node.seeds, *(example(row) for row in labelled)]
    students = node.run.students
    mine = await students.base_embeddings([one.text for one in chosen])
    theirs = await students.base_embeddings([row.text for row in rows])
    found = await asyncio.to_thread(nearest, mine, theirs, k)
    return [tuple(rows[place] for place in places) for places in found]
