"""How a student is fine-tuned on pairs of texts before its head is fitted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evokd.config.strict import Strict
from evokd.config.task import TaskKind

PairSampling = Literal["oversampling", "undersampling", "unique"]
CONTRASTIVE_KINDS: frozenset[TaskKind] = frozenset({"classification", "pair"})
"""Kinds whose rows have one class and one vector."""
DESCRIBED_KINDS: frozenset[TaskKind] = frozenset({"classification"})
"""Kinds where what a label says of itself lies near its texts."""


class ContrastiveConfig(Strict):
    """Sentence pairs before the head, as SetFit does (Tunstall et al. 2022, arXiv 2209.11055)."""

    sampling: PairSampling = "oversampling"
    """Pairs of an epoch: `oversampling` repeats the rarer kind until there are as many pairs of one
    class as of two, `undersampling` leaves out of the commoner kind, `unique` takes each once."""
    iterations: int | None = Field(None, ge=1)
    """Instead of `sampling`: so many pairs of one class and as many of two, for each row."""
    epochs: int = Field(1, ge=1)
    """Passes over those pairs in one fit."""
    max_steps: int | None = Field(50, ge=1)
    """Optimiser steps of one fit at most, for pairs grow with the square of the rows; null: no
    limit. `student.steps`, where given, says how many instead of this and `epochs`."""
    lr: float = Field(1e-4, gt=0)
    """Peak learning rate of the fine-tuning on pairs."""
    batch_size: int = Field(16, ge=1)
    """Pairs of one optimiser step."""
