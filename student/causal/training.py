"""Training a causal student: low-rank adapters, loss on the response and the end of its turn.

One stage is some epochs over some rows from the adapters' present weights, with a fresh optimiser.
What is trained on, in which order, in which batches, with which optimiser and rates is laid down
first, as plain data; the loop below, which needs nothing but torch, carries it out.

The loss of a step is the mean cross-entropy over all target tokens of its rows, however they are
cut into passes of `micro_batch` rows. AdamW, linear warm-up and decay, gradients clipped to
norm 1: the house's own (`student.encoder.loop`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch

from evokd.config import RunError
from student.causal.chat import EncodedPair
from student.causal.lm_head import hidden_states, summed_loss
from student.causal.scoring import padded
from student.causal.values import CausalSettings
from student.encoder.loop import CLIP, epoch_batches, rate_factor

Step = tuple[tuple[int, ...], ...]
"""One optimiser step: row indices of each of its passes."""


@dataclass(frozen=True)
class EncodedRow:
    """Tokens to learn from."""

    ids: tuple[int, ...]
    """Prompt, response, end of turn."""
    start: int
    """Index of the first token that counts in the loss."""

    @property
    def targets(self) -> int:
        return len(self.ids) - self.start


@dataclass(frozen=True)
class TrainingStage:
    """All that is fixed before a stage begins."""

    rows: tuple[EncodedRow, ...]
    epochs: tuple[tuple[Step, ...], ...]
    """Steps of each epoch; in each, only the last step may have fewer passes than the others."""
    lr: float
    weight_decay: float
    seed: int
    pad: int
    """Token id to fill up with."""

    @property
    def steps(self) -> list[Step]:
        """Of all epochs, in order."""
        return [step for epoch in self.epochs for step in epoch]

    @property
    def padded_tokens(self) -> int:
        """Tokens computed, padding included."""
        passes = (part for step in self.steps for part in step)
        return sum(len(part) * max(len(self.rows[i].ids) for i in part) for part in passes)


def plan_stage(
    pairs: Sequence[EncodedPair],
    settings: CausalSettings,
    *,
    lr: float,
    epochs: int,
    seed: int,
    end: int,
    pad: int,
) -> TrainingStage:
    """Lay down rows and order; all of it follows from `seed`."""
    rows = tuple(EncodedRow((*p.prompt, *p.response, end), len(p.prompt)) for p in pairs)
    rng = Random(seed)
    order = tuple(_epoch(rows, settings, rng) for _ in range(epochs)) if rows else ()
    return TrainingStage(rows, order, lr, settings.weight_decay, seed, pad)


def _epoch(rows: Sequence[EncodedRow], settings: CausalSettings, rng: Random) -> tuple[Step, ...]:
    lengths = [len(row.ids) for row in rows]
    batches = epoch_batches(lengths, settings.batch_size, rng)
    batches.sort(key=len, reverse=True)  # stable: the one that isn't full comes last
    return tuple(_passes(batch, lengths, settings.micro_batch) for batch in batches)


def _passes(batch: Sequence[int], lengths: Sequence[int], size: int) -> Step:
    ranked = sorted(batch, key=lambda i: -lengths[i])
    return tuple(tuple(ranked[at : at + size]) for at in range(0, len(ranked), size))


def run_stage(model: Any, stage: TrainingStage) -> list[float]:
    """Carry a stage out in place; the model is in eval mode before and after.

    Returns:
        The loss of each step.

    Raises:
        RunError: the loss left the real numbers; the adapters are lost then.
    """
    if not stage.steps:
        return []
    with same_dice():
        losses = train(model, stage)
    model.eval()
    if not all(map(math.isfinite, losses)):
        raise RunError(
            f"student.lr: training diverged (losses {losses[0]:.3g} … {losses[-1]:.3g}); lower "
            f"{stage.lr:g}"
        )
    return losses


def optimiser_of(model: Any, stage: TrainingStage) -> torch.optim.AdamW:
    """AdamW over the adapters."""
    trainable = [value for value in model.parameters() if value.requires_grad]
    return torch.optim.AdamW(trainable, lr=stage.lr, weight_decay=stage.weight_decay, fused=True)


def rates_of(
    optimiser: torch.optim.AdamW, stage: TrainingStage
) -> torch.optim.lr_scheduler.LambdaLR:
    """The rate of each step."""
    steps = len(stage.steps)
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda at: rate_factor(at, steps))


def train(model: Any, stage: TrainingStage) -> list[float]:
    """The stage by hand: passes, step, next. See `run_stage`."""
    device = next(model.parameters()).device
    half = device.type == "cuda" and torch.cuda.is_bf16_supported()
    torch.manual_seed(stage.seed)  # of dropout
    optimiser = optimiser_of(model, stage)
    rates = rates_of(optimiser, stage)
    trainable = [value for group in optimiser.param_groups for value in group["params"]]
    losses = []

    model.train()
    for step in stage.steps:
        loss = torch.zeros((), device=device)
        count = sum(stage.rows[i].targets for part in step for i in part)

        # passes
        for part in step:
            rows = [stage.rows[i] for i in part]
            ids = padded([row.ids for row in rows], stage.pad, device)
            places = target_places(rows, device)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                states = hidden_states(model, ids)[:, :-1][places]
                share = summed_loss(model, states, ids[:, 1:][places]) / count
            torch.autograd.backward(share)
            loss += share.detach()

        # step
        torch.nn.utils.clip_grad_norm_(trainable, CLIP)
        optimiser.step()
        rates.step()
        optimiser.zero_grad()
        losses.append(loss)

    return [float(loss) for loss in losses]  # read at the end: reading waits for the device


def target_places(rows: Sequence[EncodedRow], device: torch.device) -> torch.Tensor:
    """Bool [rows, longest - 1]: the positions whose next token counts in the loss."""
    at = np.arange(max(len(row.ids) for row in rows) - 1)[None]
    starts = np.array([row.start for row in rows])[:, None]
    lengths = np.array([len(row.ids) for row in rows])[:, None]
    return torch.from_numpy((at >= starts - 1) & (at < lengths - 1)).to(device)


@contextmanager
def same_dice() -> Iterator[None]:
    """Torch's global random state, which dropout draws from, is after as it was before."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        yield
