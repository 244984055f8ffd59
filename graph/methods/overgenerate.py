"""Control of EvoKD: over-generate, keep what the student finds hardest, ask no analyst.

It throws paid rows away, so at equal tokens it trains on half as many as `static`. Until 2026-11-26
this was `loss_ranked`; configs and run directories of then still run as this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from evokd.config import Config
from evokd.config.strict import Strict
from graph.core.method import find
from graph.methods.static import Static

OLD_NAME, OLD_KEY = "loss_ranked", "rivals.loss_ranked_factor"
"""Names until 2026-11-26. A run directory of then names both, whatever its config had given."""


class OvergenerateSettings(Strict):
    """Its settings."""

    factor: int = Field(2, ge=2)
    """Of so many accepted rows, the one that the student finds hardest stays."""


class Overgenerate(Static):
    """The accepted rows of highest loss, before the student has learnt them."""

    name = "overgenerate"
    settings_type = OvergenerateSettings
    section = "methods.overgenerate"
    accepted_keys: ClassVar[tuple[str, ...]] = (OLD_KEY,)
    introduces = False  # it would ask for the loss on a label that the student doesn't know yet
    selects = True

    @classmethod
    def _given(cls, config: Config) -> Mapping[str, Any]:
        old = find(config, OLD_KEY)
        return ({} if old is None else {"factor": old}) | dict(super()._given(config))

    def remarks(self) -> list[str]:
        """See `Method`."""
        if self.config.method != OLD_NAME:
            return super().remarks()
        return [
            *super().remarks(),
            f"`method: {OLD_NAME}` with `{OLD_KEY}` is what `method: overgenerate` is now, and runs"
            f" as that; without the key, {OLD_NAME} shows writers the rows of highest loss",
        ]


def renamed(config: Config) -> str:
    """The method of a config by its name of today."""
    old = config.method == OLD_NAME and find(config, OLD_KEY) is not None
    return Overgenerate.name if old else config.method
