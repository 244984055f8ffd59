"""Sentence pairs before the head: texts of one class are drawn together, others pushed apart.

SetFit (Tunstall et al. 2022, arXiv 2209.11055), which neither the library of that name nor
sentence-transformers does here: they would keep a second network in a format of their own, with a
trainer that logs, reports and writes folders. Pairs and loss are tested against theirs.

One thing differs: a text of several pairs passes through the network once a step, not once a
pair. With few rows that saves most of the work; what it costs is that both sides of a pair
share their dropout.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from evokd.config import StudentConfig
from evokd.config.contrastive import ContrastiveConfig
from student.encoder.averaging import last_layer
from student.encoder.encoded import Encoded
from student.encoder.loop import descend, optimiser_for, rate_factor
from student.encoder.pairs import Pair, draw_pairs, epoch_pairs, share_of
from student.heads import Head
from student.results import FitReport, OnStep


def contrastive_steps(config: ContrastiveConfig, classes: Sequence[object]) -> int:
    """Optimiser steps of one fit to rows of these classes."""
    pairs = sum(epoch_pairs(config, classes))
    steps = config.epochs * math.ceil(pairs / config.batch_size)
    return steps if config.max_steps is None else min(steps, config.max_steps)


def pair_losses(vectors: Tensor, pairs: Sequence[Pair]) -> Tensor:
    """Squared difference of cosine and 1 (one class) or 0 (two), float32 [pairs].

    Args:
        vectors: float32 [rows, width].
        pairs: Places in it.
    """
    first = vectors[[pair.first for pair in pairs]]
    second = vectors[[pair.second for pair in pairs]]
    wanted = torch.tensor([float(pair.same) for pair in pairs], device=vectors.device)
    return (cosine_similarity(first, second) - wanted) ** 2


def sentence_vectors(model: Any, inputs: dict[str, Tensor]) -> Tensor:
    """What the last layer gets for these texts, float32 [texts, width]."""
    caught: list[Tensor] = []
    hook = last_layer(model).register_forward_pre_hook(lambda _, given: caught.append(given[0]))
    try:
        model(**inputs)
    finally:
        hook.remove()
    return caught[0].float()


def contrast(
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
    """Take `steps` optimiser steps over pairs of `rows`, in place, as `student.encoder.loop.train`.

    A pair's loss counts by the product of its rows' weights. The report counts a text once a step;
    `mean_loss` is that of the pairs. The last layer has no part in it.
    """
    assert config.contrastive is not None
    settings = config.contrastive
    device = next(model.parameters()).device
    half = device.type == "cuda" and torch.cuda.is_bf16_supported()
    optimiser = optimiser_for(model, config.model_copy(update={"lr": settings.lr}))
    pairs = _pairs_of(settings, rows, steps, seed)
    lengths = rows.lengths
    total = torch.zeros((), device=device)
    examples = tokens = padded = 0

    model.train()
    for step in range(steps):
        # batch
        batch = pairs[step * settings.batch_size : (step + 1) * settings.batch_size]
        places = sorted({place for pair in batch for place in pair[:2]})
        at = {place: i for i, place in enumerate(places)}
        inputs = head.inputs(rows, places, pad_id, device)
        here = [Pair(at[one], at[two], same) for one, two, same in batch]
        factors = [rows.weights[one] * rows.weights[two] for one, two, _ in batch]

        # loss
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            vectors = sentence_vectors(model, inputs)
        loss = (torch.tensor(factors, device=device) * pair_losses(vectors, here)).mean()
        descend(optimiser, loss, settings.lr * rate_factor(step, steps))

        # count
        total += loss.detach()
        examples += len(places)
        tokens += sum(lengths[place] for place in places)
        padded += inputs["input_ids"].numel()
        if on_step is not None:
            on_step(step + 1, steps)

    return FitReport(steps, examples, tokens, padded, total.item() / steps if steps else None)


def _pairs_of(settings: ContrastiveConfig, rows: Encoded, steps: int, seed: int) -> list[Pair]:
    """Pairs for so many steps: epoch after epoch, the last one in part, each drawn anew."""
    classes, rng = rows.targets, Random(seed)
    counts, wanted = epoch_pairs(settings, classes), steps * settings.batch_size
    pairs: list[Pair] = []
    while len(pairs) < wanted:
        left = wanted - len(pairs)
        whole = sum(counts) <= left
        pairs += draw_pairs(classes, counts if whole else share_of(counts, left), rng)
    return pairs
