"""The head of a student: rows into inputs, outputs into answers, for one kind of task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from student.encoder.encoded import Encoded
from student.results import Prediction

Distribution = Mapping[str, float]
"""Answer → probability; an answer that isn't in it has none."""


class Head(Protocol):
    """Knows the kind's answers; the network and the training loop don't."""

    auto: Literal["sequence", "token"]
    """Which of transformers' networks: one output a text, or one a token."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the last layer's outputs, in order."""
        ...

    def encode(
        self,
        tokenizer: Any,
        texts: Sequence[str],
        labels: Sequence[str] | None,
        max_length: int,
    ) -> Encoded:
        """Rows of weight 1, cut at `max_length` tokens; without labels, to predict.

        Raises:
            ValueError: a label that is no answer of this kind.
        """
        ...

    def inputs(
        self, rows: Encoded, chosen: Sequence[int], pad_id: int, device: torch.device
    ) -> dict[str, Tensor]:
        """Keyword arguments of the forward pass for the rows at these places."""
        ...

    def losses(self, logits: Tensor, targets: Sequence[Any]) -> Tensor:
        """Cross-entropy of each row, nats, float32 [rows].

        Args:
            logits: float32, what the network gave for these rows.
            targets: those of `encode`.
        """
        ...

    def soft_targets(self, labels: Sequence[str], told: Sequence[Distribution | None]) -> list[Any]:
        """Probabilities of each row's answers, as `soft_losses` takes them.

        Args:
            labels: One a row; a row of which nothing else is known has it with probability 1.
            told: Answer → probability.

        Raises:
            ConfigError: this kind of task has no soft targets.
        """
        ...

    def soft_losses(self, logits: Tensor, targets: Sequence[Any], temperature: float) -> Tensor:
        """Divergence of each row from its soft target, float32 [rows]; see `student.heads.soft`."""
        ...

    def probabilities(self, logits: Tensor) -> Tensor:
        """What `Encoder.probabilities` gives for the outputs: of the classes, or of each label."""
        ...

    def predictions(self, logits: Tensor, rows: Encoded, chosen: Sequence[int]) -> list[Prediction]:
        """The verdicts on the rows at these places; `logits` are float32, on the CPU."""
        ...

    def log_probabilities(
        self, logits: Tensor, rows: Encoded, chosen: Sequence[int]
    ) -> Tensor | None:
        """Of each answer, float32 [rows, answers], -inf for one that a row lacks.

        None for kinds without one distribution a text.
        """
        ...
