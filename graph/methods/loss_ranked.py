"""Control of EvoKD: writers see the rows of highest loss as they are; no analyst is paid.

Kessler et al. 2025 (arXiv 2512.00884) find that in closed loops simple scores, the student's loss
first, are mostly best; so an analyst is worth its tokens only where it beats this. Every row that
is paid for is kept. (Until 2026-11-26 this name was `overgenerate`'s.)
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from agents.records import Marked
from graph.methods.evokd import EvoKDLoop


class LossRanked(EvoKDLoop):
    """EvoKD's writers after the rows that cost the student most."""

    name = "loss_ranked"
    ranks = True
    introduces = False  # it would ask for the loss on a label that the student doesn't know yet

    @property
    def analyses(self) -> bool:
        """See `LoopMethod`: never, whatever the switch says."""
        return False

    def handed_on(self, fed: str) -> str:
        """See `EvoKDLoop`."""
        return "highest loss"

    def shown(self, rows: Sequence[Marked], rng: random.Random) -> Sequence[Marked]:
        """See `LoopMethod`; nothing is drawn."""
        return costliest(rows, self.config.loop.show_wrong)


def costliest(rows: Sequence[Marked], most: int) -> list[Marked]:
    """The rows of highest loss under their own label, the highest first.

    At most half of the rows, for a ranking that leaves none out ranks nothing. A row that the
    student gets right, if barely, is among them as uncertain.

    Args:
        rows: Those that the student saw last, with their losses.
        most: How many.
    """
    ranked = sorted(rows, key=lambda row: -(row.loss or 0.0))
    best = ranked[: min(most, -(-len(rows) // 2))]
    return [row if row.mark == "wrong" else replace(row, mark="uncertain") for row in best]
