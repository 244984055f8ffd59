"""Rows as numbers: token ids of varied length, and how some of them become one padded batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Encoded:
    """Rows ready for the network; index i is the same row in all parts."""

    ids: Sequence[Any]
    """Token ids of each row, special tokens included. For multiple choice a row has a list of ids
    for each of its choices."""
    targets: Sequence[Any]
    """What the row's head makes of the label: an index, a list of them; empty to predict."""
    weights: Sequence[float]
    """Factor of the row's loss."""
    types: Sequence[Any] | None = None
    """Token types, as many as ids, where the tokenizer tells first and second text apart."""
    notes: Sequence[Any] | None = None
    """What a head needs of each row to read its outputs: where its words are."""
    soft: Sequence[Any] | None = None
    """Instead of `targets`, to train on: each row's probabilities as its head has them."""

    @property
    def lengths(self) -> list[int]:
        """Tokens of each row."""
        return [
            sum(map(len, ids)) if ids and isinstance(ids[0], list) else len(ids) for ids in self.ids
        ]

    def weighted(self, weights: Sequence[float]) -> Encoded:
        """The same rows with other weights."""
        return replace(self, weights=weights)


def pad(ids: Sequence[Sequence[int]], pad_id: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask, both int64 [rows, longest of these rows], padded right."""
    longest = max(map(len, ids))
    padded = torch.tensor([[*row, *[pad_id] * (longest - len(row))] for row in ids])
    lengths = torch.tensor([len(row) for row in ids])
    mask = (torch.arange(longest)[None, :] < lengths[:, None]).long()
    return padded.to(device, non_blocking=True), mask.to(device, non_blocking=True)


def inputs(
    ids: Sequence[Sequence[int]],
    types: Sequence[Sequence[int]] | None,
    pad_id: int,
    device: torch.device,
) -> dict[str, Tensor]:
    """Keyword arguments of a network's forward pass, int64 [rows, longest of these rows]."""
    tokens, mask = pad(ids, pad_id, device)
    found = {"input_ids": tokens, "attention_mask": mask}
    if types is not None:
        found["token_type_ids"] = pad(types, 0, device)[0]
    return found
