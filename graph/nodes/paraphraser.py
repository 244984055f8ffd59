"""paraphraser: AugGPT's seat; also before the warm-up of `evokd_init`."""

from __future__ import annotations

from typing import Any

from evokd.baselines import auggpt
from graph.nodes.writer import write_for
from graph.state import State
from graph.visit import Visit


async def paraphraser(state: State, visit: Visit) -> dict[str, Any]:
    """Every seed text in other words, as often as the config says."""
    bench = visit.bench
    orders = auggpt.commissions(
        visit.seeds,
        paraphrases=bench.config.rivals.auggpt_paraphrases,
        per_call=bench.pack.manifest.generator.texts_per_call or bench.config.loop.n_hard,
    )
    return await write_for(visit, "paraphraser", orders)
