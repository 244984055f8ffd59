"""What goes into a student and what comes out, as plain values; nothing here loads torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

OnStep = Callable[[int, int], None]
"""Hears of training as it goes on: the step just taken, from 1, and how many there are to be."""


class LabelledText(Protocol):
    """A row to learn from; `evokd.tasks.example.Example` is one."""

    @property
    def text(self) -> str: ...
    @property
    def label(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Prediction:
    """The student's verdict on one text."""

    label: str
    """The most probable label; of equals, the first in the label set."""
    margin: float
    """Probability of that label minus the runner-up's, in [0, 1]; small means uncertain."""
    confidence: float
    """Probability of that label, in [1 / labels, 1]."""


@dataclass(frozen=True, slots=True)
class FitReport:
    """What one fit (or several, summed) did."""

    steps: int = 0
    """Optimiser steps."""
    examples: int = 0
    """Rows seen; a row counts once in each epoch."""
    tokens: int = 0
    """Tokens trained on, special tokens included, padding not; the number for the books."""
    padded_tokens: int = 0
    """Tokens computed, padding included; `tokens / padded_tokens` says how tight batches were."""
    mean_loss: float | None = None
    """Mean of the steps' losses (weighted cross-entropy, nats); None when there was no step."""
    seconds: float = 0.0
    """Wall time, tokenising included."""


def total(reports: Iterable[FitReport]) -> FitReport:
    """The sum of fits that followed each other; the loss is the mean over all their steps."""
    parts = list(reports)
    steps = sum(part.steps for part in parts)
    losses = sum(part.mean_loss * part.steps for part in parts if part.mean_loss is not None)
    return FitReport(
        steps=steps,
        examples=sum(part.examples for part in parts),
        tokens=sum(part.tokens for part in parts),
        padded_tokens=sum(part.padded_tokens for part in parts),
        mean_loss=losses / steps if steps else None,
        seconds=sum(part.seconds for part in parts),
    )
