"""augmenter: edits the seed texts (EDA). No tokens."""

from __future__ import annotations

from typing import Any

from agents.records import Draft
from evokd.augment import entity_eda
from evokd.augment.eda import augment
from evokd.augment.entity_eda import entity_pool
from evokd.augment.synonyms import load_synonyms
from evokd.tasks.example import Example
from graph.core.loop_method import LoopMethod
from graph.core.node_context import NodeContext
from graph.core.rows import announce
from graph.core.state import LoopState


async def augmenter(state: LoopState, node: NodeContext, method: LoopMethod) -> dict[str, Any]:
    """Variants of each seed text, with its label."""
    run, settings, rng = node.run, method.settings, node.rng()
    synonyms = load_synonyms()
    pool = entity_pool(run.seeds) if run.task.task_format.kind == "ner" else {}

    def edited(seed: Example) -> list[tuple[str, str]]:
        """Texts with their labels."""
        options: Any = {
            "variants": settings.variants,
            "alpha": settings.alpha,
            "rng": rng,
            "synonyms": synonyms,
        }
        if run.task.task_format.kind == "ner":
            return entity_eda.augment(seed.text, seed.label, pool=pool, **options)
        before, part, after = run.task.task_format.cut(seed.text)
        return [(f"{before}{one}{after}", seed.label) for one in augment(part, **options)]

    drafts: list[Draft] = []
    for seed in run.seeds:
        for text, label in edited(seed):
            row = f"r{node.edge.round:03d}-p{len(drafts) + 1:03d}"
            drafts.append(Draft(row, node.edge.round, "plain", text, label, None, (seed.id,)))
    announce(node, drafts)
    return {"drafts": {node.edge.target: node.put(drafts)}}
