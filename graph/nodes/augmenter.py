"""augmenter: EDA's seat. It edits the seed texts and spends no tokens."""

from __future__ import annotations

from typing import Any

from agents.records import Draft
from evokd.baselines.eda import augment
from evokd.baselines.synonyms import load_synonyms
from graph.nodes.analyst import draw
from graph.nodes.writer import announce
from graph.state import State
from graph.visit import Visit


async def augmenter(state: State, visit: Visit) -> dict[str, Any]:
    """Variants of each seed text, with its label."""
    bench, settings, rng = visit.bench, visit.bench.config.rivals.eda, draw(visit)
    synonyms = load_synonyms()
    drafts: list[Draft] = []
    for seed in bench.seeds:
        for text in augment(
            seed.text, variants=settings.variants, alpha=settings.alpha, rng=rng, synonyms=synonyms
        ):
            row = f"r{visit.hop.round:03d}-p{len(drafts) + 1:03d}"
            drafts.append(Draft(row, visit.hop.round, "plain", text, seed.label, None, (seed.id,)))
    announce(visit, drafts)
    return {"drafts": {visit.hop.target: visit.put(drafts)}}
