"""Any number of classes of a text: an output a label, each a yes-or-no decision of its own.

The loss is the binary cross-entropy, summed over the labels: the negative log-likelihood of a row's
set where the decisions don't hang together. A label is said where its probability reaches its
threshold, 0.5 unless dev rows say otherwise (`evokd.tasks.thresholds`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from evokd.tasks.label_sets import decode, encode
from student.encoder.encoded import Encoded
from student.heads.classes import ClassHead
from student.heads.head import Distribution
from student.results import Prediction

HALF = 0.5
"""A label's threshold where nothing else is known."""


class LabelSetHead(ClassHead):
    """Multi-label classification of one text."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(labels)
        self.thresholds: tuple[float, ...] = (HALF,) * len(self.outputs)
        """Of each label, in (0, 1)."""

    @property
    def bias(self) -> float:
        """Of each output before any training, logits: as if a text had one label on average.

        From 0, where each is as likely as not, a few steps leave a student that says half of them
        (the prior of Lin et al. 2017, arXiv 1708.02002, section 3.3).
        """
        return -math.log(max(1, len(self.outputs) - 1))

    def losses(self, logits: Tensor, targets: Sequence[Any]) -> Tensor:
        gold = torch.tensor(list(targets), device=logits.device)
        return binary_cross_entropy_with_logits(logits, gold, reduction="none").sum(-1)

    def soft_targets(self, labels: Sequence[str], told: Sequence[Distribution | None]) -> list[Any]:
        """How probable each label is: float [labels]."""
        return [
            self._marginals({label: 1.0} if one is None else one)
            for label, one in zip(labels, told, strict=True)
        ]

    def soft_losses(self, logits: Tensor, targets: Sequence[Any], temperature: float) -> Tensor:
        """T² KL of each decision, summed; see `student.heads.soft`."""
        told = torch.tensor(list(targets), device=logits.device)
        q = told if temperature == 1 else (torch.logit(told) / temperature).sigmoid()
        own = torch.xlogy(q, q) + torch.xlogy(1 - q, 1 - q)
        crossed = binary_cross_entropy_with_logits(logits / temperature, q, reduction="none")
        return temperature**2 * (crossed + own).sum(-1)

    def probabilities(self, logits: Tensor) -> Tensor:
        return logits.sigmoid()

    def predictions(self, logits: Tensor, rows: Encoded, chosen: Sequence[int]) -> list[Prediction]:
        return [self.verdict(row) for row in logits.sigmoid()]

    def log_probabilities(
        self, logits: Tensor, rows: Encoded, chosen: Sequence[int]
    ) -> Tensor | None:
        return None

    def verdict(self, probabilities: Tensor) -> Prediction:
        """The labels that reach their thresholds; as near as the nearest one is to its own.

        The confidence is the probability of just this set, the product of its decisions'. The
        margin is the least distance of a label to its threshold, as a share of the way to 0 or 1:
        with thresholds of one half the difference of the probabilities of yes and no.
        """
        names, confidence, nearest = [], 1.0, 1.0
        for name, p, least in zip(
            self.outputs, probabilities.tolist(), self.thresholds, strict=True
        ):
            said = p >= least
            confidence *= p if said else 1 - p
            nearest = min(nearest, (p - least) / (1 - least) if said else (least - p) / least)
            names += [name] * said
        return Prediction(encode(names, self.outputs), nearest, confidence)

    def _target(self, label: str) -> list[float]:
        try:
            names = decode(label)
            places = {self._index[name] for name in names}
        except (ValueError, KeyError):
            raise ValueError(f"{label!r} is no set of {list(self.outputs)}") from None
        return [float(at in places) for at in range(len(self.outputs))]

    def _marginals(self, told: Distribution) -> list[float]:
        total = math.fsum(told.values())
        if not 0 < total < math.inf or min(told.values()) < 0:
            raise ValueError(f"no distribution over sets: {dict(list(told.items())[:10])}")
        sums = [0.0] * len(self.outputs)
        for answer, p in told.items():
            for at, has in enumerate(self._target(answer)):
                sums[at] += has * p / total
        return sums
