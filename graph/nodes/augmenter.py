"""augmenter: EDA's seat. It edits the seed texts and spends no tokens."""

from __future__ import annotations

from typing import Any

from agents.records import Draft
from evokd.baselines import entity_eda
from evokd.baselines.eda import augment
from evokd.baselines.entity_eda import entity_pool
from evokd.baselines.synonyms import load_synonyms
from evokd.tasks.example import Example
from graph.nodes.analyst import draw
from graph.nodes.writer import announce
from graph.state import State
from graph.visit import Visit


async def augmenter(state: State, visit: Visit) -> dict[str, Any]:
    """Variants of each seed text, with its label."""
    bench, settings, rng = visit.bench, visit.bench.config.rivals.eda, draw(visit)
    synonyms = load_synonyms()
    pool = entity_pool(bench.seeds) if bench.task.form.kind == "ner" else {}

    def edited(seed: Example) -> list[tuple[str, str]]:
        """Texts with their labels."""
        options: Any = {
            "variants": settings.variants,
            "alpha": settings.alpha,
            "rng": rng,
            "synonyms": synonyms,
        }
        if bench.task.form.kind == "ner":
            return entity_eda.augment(seed.text, seed.label, pool=pool, **options)
        before, part, after = bench.task.form.cut(seed.text)
        return [(f"{before}{one}{after}", seed.label) for one in augment(part, **options)]

    drafts: list[Draft] = []
    for seed in bench.seeds:
        for text, label in edited(seed):
            row = f"r{visit.hop.round:03d}-p{len(drafts) + 1:03d}"
            drafts.append(Draft(row, visit.hop.round, "plain", text, label, None, (seed.id,)))
    announce(visit, drafts)
    return {"drafts": {visit.hop.target: visit.put(drafts)}}
