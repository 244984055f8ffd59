"""SunGen's weights: which written rows a student should believe (Gao et al. 2023, 2205.12679).

    weights = learn_weights(encoder, rows, settings, seed=1).weights
    encoder.fit(rows, seed=1, weights=weights)

Row i weighs s(t_i), the sigmoid of a parameter that starts at 0. Each iteration:

1. inner: from the weights the encoder came with, an epoch of Adam on the student's own loss, the
   mean over a batch of weight x cross-entropy CE_i, dropout on, as when it is fitted;
2. outer: R, the mean reverse cross-entropy (bounded, so robust against wrong labels) at the weights
   w so found, on rows that are among the `outer_share` of largest weight;
3. one virtual step of gradient descent on all n rows, w' = w - r (1/n) sum_i s(t_i) grad CE_i(w)
   with r = inner_lr, differentiated by t_i:

       dR(w') / dt_i = -r s'(t_i) / n  <grad R(w'), grad CE_i(w)>

   where grad R is taken at w, which is wrong by O(r) and saves a pass over all rows (the published
   code does so, too); the products are the slopes of the losses along grad R;
4. a step of Adam on t with this gradient, clipped to norm 3.

So a row gains weight when a step on it makes the trusted rows fit better. The encoder has the same
weights afterwards, bit for bit.

Scaled down: published are 100 iterations on a small BiLSTM, with an outer set of 50,000 random
rows. Here the student itself is trained, in batches of its own size and for at least
12 steps; four iterations share an inner training; the outer set is at most 32 random ones of the
trusted rows, drawn anew each time. With embedded MiniLM, 100 rows of about 15 tokens and 20
iterations that is about 48 s on one thread. Of 15 flipped labels among such rows all got less
weight than any right one with inner_lr 3e-4; at the published 1e-3, a BiLSTM's rate, full
fine-tuning of MiniLM falls apart and the ranking is little better than chance (AUC 0.71).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from evokd.config import RunError
from student.encoder.encoded import Encoded
from student.encoder.encoder import Encoder
from student.encoder.loop import epoch_batches
from student.results import LabelledText
from student.runtime import compute_threads, seeded
from student.selection.influence import (
    Floats,
    forward,
    restored,
    reverse_ce_of,
    slopes_of,
    trainable,
)

INNER_EVERY = 4
"""Iterations that share the weights of one inner epoch."""
INNER_STEPS = 12
"""Fewest optimiser steps of the inner training: a fresh head needs some before its gradients say
anything. Of 6 flipped labels in 42 rows, 12 steps at 3e-4 rank nearly all last (AUC 0.99 to 1.00 in
three draws)."""
OUTER_ROWS = 32
"""Most rows of one outer objective."""
CLIP = 3.0
"""Largest norm of the gradient of all weights' parameters together."""


class WeightSettings(Protocol):
    """How weights are learnt; `rivals.sungen` in a config."""

    @property
    def iterations(self) -> int: ...
    @property
    def outer_lr(self) -> float: ...
    @property
    def inner_lr(self) -> float: ...
    @property
    def outer_share(self) -> float: ...


@dataclass(frozen=True)
class SampleWeights:
    """What was learnt about each row."""

    weights: tuple[float, ...]
    """Factor of each row's loss, in (0, 1), in the order of the rows; 0.5 is undecided."""
    outer_losses: tuple[float, ...]
    """The outer objective of each iteration, nats; on other rows each time, so it jumps."""
    seconds: float
    """Wall time."""


def learn_weights(
    encoder: Encoder, rows: Sequence[LabelledText], settings: WeightSettings, *, seed: int
) -> SampleWeights:
    """Learn the rows' weights; see the module's docstring.

    Args:
        encoder: Left as it was. Its present weights are where each inner epoch begins.
        rows: Written rows with their labels; none gives no weights.
        settings: Iterations, rates and share.
        seed: Of batches, dropout and outer rows.

    Raises:
        RunError: the inner epoch left the real numbers.
    """
    started = time.perf_counter()
    encoded = encoder.encode(rows)
    theta = torch.zeros(len(rows), dtype=torch.float64)
    outer = torch.optim.Adam([theta], lr=settings.outer_lr)
    rng, losses = Random(seed), list[float]()
    iterations = settings.iterations if rows else 0
    with compute_threads(encoder.config.threads), seeded(seed, encoder.device):
        for first in range(0, iterations, INNER_EVERY):
            with restored(encoder):
                inner_training(encoder, encoded, theta.sigmoid().tolist(), settings.inner_lr, rng)
                for _ in range(first, min(first + INNER_EVERY, iterations)):
                    chosen = outer_rows(theta.tolist(), settings.outer_share, rng)
                    loss, theta.grad = outer_gradient(
                        encoder, encoded, theta, chosen, settings.inner_lr
                    )
                    _check_finite(loss, theta.grad, settings.inner_lr)
                    torch.nn.utils.clip_grad_norm_([theta], CLIP)
                    outer.step()
                    losses.append(loss)
    weights = tuple(float(weight) for weight in theta.sigmoid())
    return SampleWeights(weights, tuple(losses), time.perf_counter() - started)


def inner_training(
    encoder: Encoder, rows: Encoded, weights: Sequence[float], lr: float, rng: Random
) -> None:
    """Adam at a constant rate, in place: whole epochs, just one if it has steps enough."""
    parameters, size = trainable(encoder), encoder.config.batch_size
    optimiser = torch.optim.Adam(parameters, lr=lr, fused=True)
    lengths = [len(ids) for ids in rows.ids]
    epochs = math.ceil(INNER_STEPS / math.ceil(len(lengths) / size))
    encoder.network.train()
    try:
        for batch in (b for _ in range(epochs) for b in epoch_batches(lengths, size, rng)):
            torch.autograd.backward(weighted_loss(encoder, rows, weights, batch))
            optimiser.step()
            optimiser.zero_grad()
    finally:
        encoder.network.eval()
        optimiser.zero_grad()


def weighted_loss(
    encoder: Encoder, rows: Encoded, weights: Sequence[float], batch: Sequence[int]
) -> Tensor:
    """Mean over the batch of weight x cross-entropy, as in `student.encoder.loop.train`."""
    logits, gold = forward(encoder, rows, batch)
    factors = torch.tensor([weights[i] for i in batch], dtype=torch.float32, device=encoder.device)
    return (factors * cross_entropy(logits, gold, reduction="none")).mean()


def outer_rows(theta: Sequence[float], share: float, rng: Random) -> list[int]:
    """Places of the rows of the outer objective: random ones among the most trusted share.

    Rows as trusted as the last of them are among them, so at first it is all rows.
    """
    last = sorted(theta, reverse=True)[max(1, int(share * len(theta))) - 1]
    trusted = [at for at, value in enumerate(theta) if value >= last]
    return sorted(rng.sample(trusted, min(OUTER_ROWS, len(trusted))))


def outer_gradient(
    encoder: Encoder, rows: Encoded, theta: Tensor, chosen: Sequence[int], lr: float
) -> tuple[float, Tensor]:
    """The outer objective at the present weights, and its gradient by theta, float64 [rows]."""
    loss, direction = reverse_ce_of(encoder, rows, chosen)
    aligned: Floats = slopes_of(encoder, rows, direction)
    weights = theta.sigmoid()
    step = lr * weights * (1 - weights) / len(rows.ids)
    return loss, -step * torch.from_numpy(np.asarray(aligned))


def _check_finite(loss: float, gradient: Tensor, lr: float) -> None:
    if not math.isfinite(loss) or not bool(gradient.isfinite().all()):
        raise RunError(f"rivals.sungen.inner_lr: the inner training diverged; lower {lr:g}")
