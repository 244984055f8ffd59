"""The training loop: batches out of token ids, and the steps over them, from top to bottom.

AdamW, linear warm-up over the first tenth of the steps and linear decay after it, gradients
clipped to norm 1. Decay rather than a constant rate because every fit is short, has a fresh
optimiser, and is followed at once by the student's verdicts: it should end at rest, not
wherever the last batch threw it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any

import torch

from evokd.config import StudentConfig
from student.encoder.encoded import Encoded
from student.heads import Head
from student.results import FitReport, OnStep

WARM_UP = 0.1
"""Share of the steps over which the rate rises."""
CLIP = 1.0
"""Largest norm of all gradients together."""
CHUNK = 16
"""Batches' worth of shuffled rows that are sorted by length together."""
JITTER = 0.2
"""Share by which a length may count as longer in that sort, so that batches differ by epoch."""


def epoch_batches(lengths: Sequence[int], batch_size: int, rng: Random) -> list[list[int]]:
    """One epoch: every row index once, in batches of similar length, in random order.

    Sorting within chunks of shuffled rows saves most of the padding that sorting everything
    would save, while what meets in a batch stays mostly up to chance.
    """
    order = rng.sample(range(len(lengths)), len(lengths))
    chunk = CHUNK * batch_size
    batches = []
    for start in range(0, len(order), chunk):
        part = [(lengths[i] * (1 + JITTER * rng.random()), i) for i in order[start : start + chunk]]
        ranked = [i for _, i in sorted(part)]
        batches += [ranked[at : at + batch_size] for at in range(0, len(ranked), batch_size)]
    rng.shuffle(batches)
    return batches


def endless_batches(lengths: Sequence[int], batch_size: int, seed: int) -> Iterator[list[int]]:
    """Epoch after epoch of batches, all determined by `seed`."""
    rng = Random(seed)
    while True:
        yield from epoch_batches(lengths, batch_size, rng)


def rate_factor(step: int, steps: int) -> float:
    """Factor of the learning rate at `step` (from 0): up to 1 in the warm-up, then down, never 0.

    A step at rate 0 would be paid for and teach nothing.
    """
    warm = math.ceil(WARM_UP * steps)
    if step < warm:
        return (step + 1) / warm
    return (steps - step) / (steps - warm + 1)


def optimiser_for(model: Any, config: StudentConfig) -> torch.optim.AdamW:
    """AdamW over what is trainable; biases and norms are not decayed.

    Fused, since the plain one reads and writes every weight about ten times a step, and a
    small encoder's step on a few short rows is not much more work than that.
    """
    trainable = [value for value in model.parameters() if value.requires_grad]
    groups = [
        {"params": [v for v in trainable if v.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [v for v in trainable if v.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, fused=True)


def descend(optimiser: torch.optim.Optimizer, loss: torch.Tensor, rate: float) -> None:
    """One step against the gradients of a loss, clipped to norm 1 together, at this rate."""
    torch.autograd.backward(loss)
    trainable = [value for group in optimiser.param_groups for value in group["params"]]
    torch.nn.utils.clip_grad_norm_(trainable, CLIP)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()
    optimiser.zero_grad()


def train(
    model: Any,
    head: Head,
    rows: Encoded,
    config: StudentConfig,
    *,
    steps: int,
    seed: int,
    pad_id: int,
    on_step: OnStep | None = None,
) -> FitReport:
    """Take `steps` optimiser steps over `rows`, in place; the model is left in training mode.

    The loss of a batch is the mean over its rows of weight x cross-entropy, or divergence from soft
    targets: a batch of doubtful rows moves the student less than one of trusted rows. Dropout draws
    from torch's global generator: seed that outside. `on_step` hears of each step once it is taken.
    """
    device = next(model.parameters()).device
    half = device.type == "cuda" and torch.cuda.is_bf16_supported()
    optimiser = optimiser_for(model, config)
    lengths = rows.lengths
    weights = torch.tensor(rows.weights, dtype=torch.float32)
    total = torch.zeros((), device=device)  # read once, at the end: reading waits for the device
    examples = tokens = padded = 0

    model.train()
    batches = islice(endless_batches(lengths, config.batch_size, seed), steps)
    for step, batch in enumerate(batches):
        # batch
        inputs = head.inputs(rows, batch, pad_id, device)
        weight = weights[batch].to(device)

        # loss
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            logits = model(**inputs).logits
        if rows.soft is None:
            losses = head.losses(logits.float(), [rows.targets[i] for i in batch])
        else:
            told = [rows.soft[i] for i in batch]
            losses = head.soft_losses(logits.float(), told, config.temperature)
        loss = (weight * losses).mean()
        descend(optimiser, loss, config.lr * rate_factor(step, steps))

        # count
        total += loss.detach()
        examples += len(batch)
        tokens += sum(lengths[i] for i in batch)
        padded += inputs["input_ids"].numel()
        if on_step is not None:
            on_step(step + 1, steps)

    mean_loss = total.item() / steps if steps else None
    return FitReport(steps, examples, tokens, padded, mean_loss)
