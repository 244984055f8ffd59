"""The sections `loop.keep` and `loop.review`: which new rows stay, and which old ones come again.

Both name a policy of `student/selection/memory`; which names there are is checked where those are
known (`graph/core/memory.py`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from evokd.config.strict import Strict

Sampling = Literal["balanced", "uniform"]
"""How the review draws from history: each class as often as the others, or all rows alike."""
Gold = Literal["shots", "dev"]
"""Rows that scores are held against; test rows never are."""


class KeepConfig(Strict):
    """Which of a round's new rows are trained on and stay.

    The others have cost their tokens, too; they are listed with their score. `policy: uniform` is
    the control: random rows, as many.
    """

    policy: str
    """Name of a policy (docs/design/memory.md lists them): rows of highest score stay."""
    share: float | None = Field(None, gt=0, lt=1)
    """Share of a round's rows that stays, rounded, at least one row."""
    per_class: int | None = Field(None, ge=1)
    """Rows of each class that stay, instead of a share."""
    gold: Gold = "shots"
    """What policies that ask for gold rows hold the new ones against: the seed shots, or
    `task.data.dev`. Test rows never take part."""

    @model_validator(mode="after")
    def _one_size(self) -> KeepConfig:
        if (self.share is None) == (self.per_class is None):
            raise ValueError(
                "expected `share` or `per_class`, one of them: how many of a round's rows stay"
            )
        return self


class ReviewConfig(Strict):
    """The sample of history the student sees again (paper: review history)."""

    every: int = Field(1, ge=1)
    """Rounds between reviews."""
    rows: int | Literal["batch"] = "batch"
    """Rows drawn; `batch` draws as many as the round accepted, with `loop.keep` as many as stay."""
    sampling: Sampling = "balanced"
    """Each class as often as the others, or all rows alike."""
    policy: str | None = None
    """Name of a policy that says what is repeated (docs/design/memory.md lists them); null: as
    `sampling` says."""
    gold: Gold = "shots"
    """What policies that ask for gold rows hold the old ones against; as in `loop.keep`."""
