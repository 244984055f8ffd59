"""One class of each of several heads: one last layer, its outputs cut into a stretch a head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from evokd.tasks.formats.multi import heads_of, join, split
from student.encoder.encoded import Encoded
from student.heads.classes import ClassHead
from student.heads.head import Distribution
from student.heads.soft import probabilities, soft_loss
from student.results import Prediction


class SeveralHead(ClassHead):
    """The heads share everything but their outputs; a row's loss is the sum of theirs."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(labels)
        self.heads = heads_of(labels)
        self._places = {
            head: {name: i for i, name in enumerate(names)} for head, names in self.heads.items()
        }

    def losses(self, logits: Tensor, targets: Sequence[Any]) -> Tensor:
        gold = torch.tensor([list(row) for row in targets], device=logits.device)
        parts = self._parts(logits)
        losses = [cross_entropy(p, gold[:, i], reduction="none") for i, p in enumerate(parts)]
        return torch.stack(losses).sum(0)

    def soft_targets(self, labels: Sequence[str], told: Sequence[Distribution | None]) -> list[Any]:
        """Of each head its marginals, one after another: float [outputs]."""
        return [
            self._marginals({label: 1.0} if one is None else one)
            for label, one in zip(labels, told, strict=True)
        ]

    def soft_losses(self, logits: Tensor, targets: Sequence[Any], temperature: float) -> Tensor:
        told = torch.tensor(list(targets), device=logits.device)
        parts = zip(self._parts(logits), self._parts(told), strict=True)
        return torch.stack([soft_loss(part, q, temperature) for part, q in parts]).sum(0)

    def _marginals(self, told: Distribution) -> list[float]:
        sums = {head: dict.fromkeys(names, 0.0) for head, names in self.heads.items()}
        for answer, p in told.items():
            for (head, names), place in zip(self.heads.items(), self._target(answer), strict=True):
                sums[head][names[place]] += p
        return [p for head, names in self.heads.items() for p in probabilities(names, sums[head])]

    def predictions(self, logits: Tensor, rows: Encoded, chosen: Sequence[int]) -> list[Prediction]:
        parts = [part.softmax(-1) for part in self._parts(logits)]
        return [self._whole([part[i] for part in parts]) for i in range(len(chosen))]

    def log_probabilities(
        self, logits: Tensor, rows: Encoded, chosen: Sequence[int]
    ) -> Tensor | None:
        return None

    def _whole(self, parts: Sequence[Tensor]) -> Prediction:
        """The likeliest answer; its probability is the product of its classes'.

        The runner-up differs in the one head that is least sure.
        """
        found, confidence, closest = {}, 1.0, 0.0
        for (head, names), part in zip(self.heads.items(), parts, strict=True):
            best, second = part.topk(2).values.tolist()
            found[head] = names[int(part.argmax())]
            confidence *= best
            closest = max(closest, second / best)
        return Prediction(join(found), confidence * (1 - closest), confidence)

    def _parts(self, logits: Tensor) -> Sequence[Tensor]:
        return torch.split(logits, [len(names) for names in self.heads.values()], dim=-1)

    def _target(self, label: str) -> list[int]:
        try:
            found = split(label)
            return [places[found[head]] for head, places in self._places.items()]
        except (ValueError, KeyError, AttributeError):
            raise ValueError(f"{label!r} is no answer for the heads {list(self.heads)}") from None
