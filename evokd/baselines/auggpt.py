"""AugGPT (Dai et al. 2023, arXiv 2302.13007): every seed text in other words, with its label.

Six paraphrases a seed text, one pass: at most seven times the data, after which the method has
nothing left to do. Its training recipe (pretraining on base classes, a contrastive loss) does not
transfer to few-shot classes of one task, and its prompts are not published: ours are the packs'.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.writer import Commission
from evokd.tasks.example import Example


def commissions(seeds: Sequence[Example], *, paraphrases: int, per_call: int) -> list[Commission]:
    """Calls for `paraphrases` of each seed row.

    The rows take turns, so that a budget that ends early has served all alike.
    """
    starts = range(0, paraphrases, per_call)
    return [
        Commission(row.label, min(per_call, paraphrases - start), (row.text,), (row.id,))
        for start in starts
        for row in seeds
    ]
