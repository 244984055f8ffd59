"""Control of EvoKD: over-generate, keep what the student finds hardest, ask no analyst.

Kessler et al. 2025 (arXiv 2512.00884) find that in closed loops simple scores, the student's loss
first, are mostly best; so an analyst is worth its tokens only where it beats this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from evokd.config.strict import Strict
from graph.methods.static import Static


class LossRankedSettings(Strict):
    """Its settings."""

    factor: int = Field(2, ge=2)
    """Of so many accepted rows, the one that the student finds hardest stays."""


class LossRanked(Static):
    """The accepted rows of highest loss, before the student has learnt them."""

    name = "loss_ranked"
    settings_type = LossRankedSettings
    keys: ClassVar[Mapping[str, str]] = {"rivals.loss_ranked_factor": "factor"}
    introduces = False  # it would ask for the loss on a label that the student doesn't know yet
    selects = True
