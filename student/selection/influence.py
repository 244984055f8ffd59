"""What a training row does to the student's loss on other rows, at its present weights.

    worth = helpfulness(encoder, rows, validation)   # ProGen's influence, positive = helps

Everything is computed in eval mode (no dropout) and float32, as a student predicts. Per-row
gradients are never built: the product of one direction with the gradient of each row's loss is
that loss's slope along the direction, which two forward passes give for all rows at once.

The influence function is -grad L(validation) H^-1 grad l(row) (Koh & Liang 2017); here H is the
identity, as in ProGen's own cheap setting and in TracIn: a plain gradient step on the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from student.encoder.encoded import Encoded
from student.encoder.encoder import Encoder
from student.results import LabelledText
from student.runtime import compute_threads

Floats = npt.NDArray[np.float64]
Direction = tuple[Tensor, ...]
"""A tensor for each trainable parameter, in the network's order."""

ROWS = 32
"""Rows of one pass."""
SCALE = 10.0
"""Of the one-hot labels in the reverse cross-entropy (SunGen, ProGen)."""
STEP = 3e-3
"""Distance to both sides of the weights, as the norm over all of them. Measured on MiniLM: right to
4e-5 of the largest slope; at 1e-4 the losses' last bits show, at 1e-1 their curvature (both 3e-4
to 3e-2)."""


def row_losses(encoder: Encoder, rows: Sequence[LabelledText]) -> Floats:
    """Cross-entropy of each row with its label, nats, float64 [rows]."""
    with compute_threads(encoder.config.threads):
        return losses_of(encoder, encoder.encode(rows))


def reverse_ce(
    encoder: Encoder, rows: Sequence[LabelledText], scale: float = SCALE
) -> tuple[float, Direction]:
    """Mean reverse cross-entropy of the rows, nats, and its gradient.

    With p the student's probabilities and q = softmax(scale x onehot(label)) it is -sum p log q.
    It is bounded, in p as well as for wrong labels: a mislabelled row pulls no harder than a right
    one, while plain cross-entropy grows without limit on it.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError("reverse_ce needs a row")
    with compute_threads(encoder.config.threads):
        return reverse_ce_of(encoder, encoder.encode(rows), range(len(rows)), scale)


def slopes(encoder: Encoder, rows: Sequence[LabelledText], direction: Direction) -> Floats:
    """Product of `direction` with the gradient of each row's cross-entropy, float64 [rows].

    By central differences; the weights are the same bits afterwards.
    """
    with compute_threads(encoder.config.threads):
        return slopes_of(encoder, encoder.encode(rows), direction)


def helpfulness(
    encoder: Encoder, rows: Sequence[LabelledText], validation: Sequence[LabelledText]
) -> Floats:
    """How much a step on each row would lower the validation rows' reverse cross-entropy.

    The drop per unit of learning rate, to first order, float64 [rows]: the product of the
    validation gradient with the row's. Positive helps.

    Raises:
        ValueError: no validation rows.
    """
    _, direction = reverse_ce(encoder, validation)
    return slopes(encoder, rows, direction)


def losses_of(encoder: Encoder, rows: Encoded) -> Floats:
    """As `row_losses`, on rows that are tokenised already."""
    losses = np.zeros(len(rows.ids))
    with torch.inference_mode():
        for batch in batches(rows, range(len(rows.ids))):
            inputs = encoder.head.inputs(rows, batch, encoder.pad_id, encoder.device)
            logits: Any = encoder.network(**inputs).logits
            found = encoder.head.losses(logits.float(), [rows.targets[i] for i in batch])
            losses[batch] = found.double().cpu().numpy()
    return losses


def reverse_ce_of(
    encoder: Encoder, rows: Encoded, chosen: Sequence[int], scale: float = SCALE
) -> tuple[float, Direction]:
    """As `reverse_ce`, over those of the tokenised rows whose places are `chosen`."""
    parameters = trainable(encoder)
    gradient = [torch.zeros_like(value) for value in parameters]
    total = 0.0
    for batch in batches(rows, chosen):
        logits, gold = forward(encoder, rows, batch)
        one_hot = torch.nn.functional.one_hot(gold, logits.shape[-1])
        log_q = (scale * one_hot).log_softmax(-1)
        loss = -(logits.softmax(-1) * log_q).sum() / len(chosen)
        for sums, part in zip(
            gradient, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True
        ):
            if part is not None:  # a layer that this head doesn't use
                sums += part
        total += loss.item()
    return total, tuple(gradient)


def slopes_of(encoder: Encoder, rows: Encoded, direction: Direction) -> Floats:
    """As `slopes`, on rows that are tokenised already."""
    length = float(torch.stack([part.norm() for part in direction]).double().norm())
    if length == 0 or not rows.ids:
        return np.zeros(len(rows.ids))
    with restored(encoder):
        move(encoder, direction, STEP / length)
        above = losses_of(encoder, rows)
        move(encoder, direction, -2 * STEP / length)
        below = losses_of(encoder, rows)
    return (above - below) * (length / (2 * STEP))


def trainable(encoder: Encoder) -> list[Tensor]:
    """The parameters that training changes, in the network's order."""
    return [value for value in encoder.network.parameters() if value.requires_grad]


def forward(encoder: Encoder, rows: Encoded, batch: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Logits float32 [rows of the batch, labels] and targets int64 [rows of the batch]."""
    inputs = encoder.head.inputs(rows, batch, encoder.pad_id, encoder.device)
    gold = torch.tensor([rows.targets[i] for i in batch], device=encoder.device)
    logits: Any = encoder.network(**inputs).logits
    return logits.float(), gold


def batches(rows: Encoded, chosen: Sequence[int]) -> Iterator[list[int]]:
    """The chosen places by length, so that little is padded."""
    lengths = rows.lengths
    order = sorted(chosen, key=lambda i: lengths[i])
    for start in range(0, len(order), ROWS):
        yield order[start : start + ROWS]


@torch.no_grad()
def move(encoder: Encoder, direction: Direction, factor: float) -> None:
    """Add `factor` x `direction` to the trainable weights."""
    for value, part in zip(trainable(encoder), direction, strict=True):
        value.add_(part, alpha=factor)


@contextmanager
def restored(encoder: Encoder) -> Iterator[None]:
    """The trainable weights are the same bits after the block; they are copied meanwhile."""
    before = [value.detach().clone() for value in trainable(encoder)]
    try:
        yield
    finally:
        with torch.no_grad():
            for value, old in zip(trainable(encoder), before, strict=True):
                value.copy_(old)
