"""What goes into a causal student and what comes out, as plain values; nothing here loads torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from evokd.config import LoraConfig


@dataclass(frozen=True)
class CausalSettings:
    """How a causal student is loaded, scored with and trained."""

    model: str = "embedded:smollm2-135m"
    """Hub name, a folder, or `embedded:smollm2-135m`."""
    max_length: int = 2048
    """Tokens of prompt, response and end of turn together; what is longer is refused, not cut."""
    lora: LoraConfig = field(default_factory=lambda: LoraConfig(r=16, alpha=32))
    """`target_modules: [all-linear]` means every linear layer but the head."""
    batch_size: int = 8
    """Rows of one optimiser step."""
    micro_batch: int = 2
    """Rows of one forward pass in training; less memory, the same step."""
    weight_decay: float = 0.0
    batch_tokens: int | None = None
    """Tokens of one padded batch in scoring and generation; None: what suits the device."""
    template_options: Mapping[str, Any] = field(default_factory=dict)
    """Variables of the chat template, the same everywhere: `enable_thinking: false`."""
    threads: int | None = None
    """CPU threads for PyTorch; None: as many as the process may use."""


class TrainingPair(NamedTuple):
    """A row to learn from: the loss is on the response and the end of the turn."""

    prompt: str
    """As `CausalStudent.prompt` renders it."""
    response: str


@dataclass(frozen=True, slots=True, eq=False)
class TokenScores:
    """What a student thinks of a response that somebody else wrote, token by token, at T = 1."""

    ids: npt.NDArray[np.int64]
    """[tokens], the end of the turn not among them."""
    bounds: npt.NDArray[np.int64]
    """[tokens + 1]: token i is the bytes [bounds[i], bounds[i + 1]) of the response."""
    logprobs: npt.NDArray[np.float32]
    """[tokens], natural logarithm of p(token | prompt, tokens before it)."""
    ranks: npt.NDArray[np.int64]
    """[tokens], 1 + the number of tokens of the vocabulary with a greater logit."""
    prompt_tokens: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nll(self) -> float:
        """Minus the sum of the log-probabilities, in nats."""
        return -float(self.logprobs.sum(dtype=np.float64))


@dataclass(frozen=True, slots=True)
class TooLong:
    """A response that is refused, for with its prompt it doesn't fit."""

    tokens: int
    """Of prompt, response and end of turn."""
    limit: int

    def __str__(self) -> str:
        return f"{self.tokens} tokens with its prompt, the student takes {self.limit}"


@dataclass(frozen=True, slots=True)
class StudentAnswer:
    """What a student wrote."""

    text: str
    """Without control tokens."""
    finish: Literal["stop", "length"]
    """`length`: cut at the limit."""
    tokens: int
    """Written, the end of the turn included."""
    prompt_tokens: int


@dataclass(frozen=True)
class StageReport:
    """What one stage of training did."""

    rows: int
    epochs: int
    steps: int
    """Optimiser steps."""
    tokens: int
    """Tokens trained on, prompts included, padding not, once in each epoch: for the books."""
    target_tokens: int
    """Of these, the ones in the loss: responses and ends of turns."""
    padded_tokens: int
    """Tokens computed, padding included."""
    losses: tuple[float, ...]
    """Of each step: mean cross-entropy of its target tokens, nats."""
    seconds: float
    """Wall time, tokenising included."""

    @property
    def mean_loss(self) -> float | None:
        """Mean of the steps' losses; None when there was no step."""
        return sum(self.losses) / len(self.losses) if self.losses else None
