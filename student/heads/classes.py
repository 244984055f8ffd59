"""One class of a text, or of two texts: a distribution over the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from evokd.tasks.formats.pair import split
from student.encoder.encoded import Encoded, inputs
from student.heads.head import Distribution
from student.heads.soft import probabilities, soft_loss
from student.results import Prediction


class ClassHead:
    """Classification of one text."""

    auto: Literal["sequence", "token"] = "sequence"

    def __init__(self, labels: Sequence[str]) -> None:
        self.outputs = tuple(labels)
        self._index = {label: i for i, label in enumerate(self.outputs)}

    def encode(
        self,
        tokenizer: Any,
        texts: Sequence[str],
        labels: Sequence[str] | None,
        max_length: int,
    ) -> Encoded:
        ids, types = self._tokenize(tokenizer, texts, max_length) if texts else ([], None)
        targets = [self._target(label) for label in labels or ()]
        return Encoded(ids, targets, [1.0] * len(ids), types)

    def inputs(
        self, rows: Encoded, chosen: Sequence[int], pad_id: int, device: torch.device
    ) -> dict[str, Tensor]:
        types = None if rows.types is None else [rows.types[i] for i in chosen]
        return inputs([rows.ids[i] for i in chosen], types, pad_id, device)

    def losses(self, logits: Tensor, targets: Sequence[Any]) -> Tensor:
        gold = torch.tensor(list(targets), device=logits.device)
        return cross_entropy(logits, gold, reduction="none")

    def soft_targets(self, labels: Sequence[str], told: Sequence[Distribution | None]) -> list[Any]:
        return [
            probabilities(self.outputs, {label: 1.0} if one is None else one)
            for label, one in zip(labels, told, strict=True)
        ]

    def soft_losses(self, logits: Tensor, targets: Sequence[Any], temperature: float) -> Tensor:
        return soft_loss(logits, torch.tensor(list(targets), device=logits.device), temperature)

    def probabilities(self, logits: Tensor) -> Tensor:
        return logits.softmax(-1)

    def predictions(self, logits: Tensor, rows: Encoded, chosen: Sequence[int]) -> list[Prediction]:
        return [self.verdict(row) for row in logits.softmax(-1)]

    def log_probabilities(
        self, logits: Tensor, rows: Encoded, chosen: Sequence[int]
    ) -> Tensor | None:
        return logits.log_softmax(-1)

    def verdict(self, probabilities: Tensor) -> Prediction:
        """The most probable label; `probabilities` are float32 [labels]."""
        best, runner_up = probabilities.topk(2).values.tolist()
        label = self.outputs[int(probabilities.argmax())]
        return Prediction(label, best - runner_up, best)

    def _target(self, label: str) -> Any:
        """What an output's loss is taken against; of a label set by its places."""
        if label not in self._index:
            raise ValueError(f"label {label!r} is none of {list(self.outputs)}")
        return self._index[label]

    def _tokenize(
        self, tokenizer: Any, texts: Sequence[str], max_length: int
    ) -> tuple[list[list[int]], list[list[int]] | None]:
        found = tokenizer(
            list(texts),
            truncation=True,
            max_length=max_length,
            padding=False,
            return_attention_mask=False,
        )
        return found["input_ids"], None


class PairHead(ClassHead):
    """Classification of two texts, which the tokenizer joins in its own way."""

    def _tokenize(
        self, tokenizer: Any, texts: Sequence[str], max_length: int
    ) -> tuple[list[list[int]], list[list[int]] | None]:
        first, second = zip(*map(split, texts), strict=True)
        found = tokenizer(
            list(first),
            list(second),
            truncation=True,
            max_length=max_length,
            padding=False,
            return_attention_mask=False,
        )
        return found["input_ids"], found.get("token_type_ids")
