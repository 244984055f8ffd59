"""The two halves of a few-shot fit: the encoder on pairs of rows, then the last layer alone.

    learn_pairs(encoder, rows, seed=1)
    fit_head(encoder, rows)

`student.contrastive` asks for them; `student.encoder.training_plan` puts them in the place of a
fit to rows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from student.encoder.averaging import last_layer
from student.encoder.contrastive import contrast, contrastive_steps, sentence_vectors
from student.encoder.encoded import Encoded
from student.encoder.last_layer import described, logistic_regression, prototypes
from student.results import FitReport, LabelledText, OnStep
from student.runtime import compute_threads

if TYPE_CHECKING:
    from student.encoder.encoder import Encoder

ROWS = 32
"""Of one forward pass."""


def learn_pairs(
    encoder: Encoder,
    rows: Sequence[LabelledText],
    *,
    seed: int,
    steps: int | None = None,
    weights: Sequence[float] | None = None,
    on_step: OnStep | None = None,
) -> FitReport:
    """Fine-tune the encoder on pairs of rows, with a fresh optimiser; its last layer stays.

    Args:
        encoder: With `student.contrastive`.
        rows: As for `Encoder.fit`; one row alone teaches nothing, and nothing is done.
        seed: Of pairs, order and dropout.
        steps: Optimiser steps; by default those of `student.contrastive`.
        weights: Factor of each row; a pair's is their product.
        on_step: Hears of every step, in this thread.

    Raises:
        RunError: the loss left the real numbers; the weights are lost then.
    """
    started, settings = time.perf_counter(), encoder.config.contrastive
    if settings is None:
        raise ValueError("student.contrastive is null: this student learns from rows alone")
    encoded = encoder.encode(rows, weights)
    if steps is None:
        steps = contrastive_steps(settings, encoded.targets)
    if len(rows) < 2 or not steps:
        return FitReport()
    rate = ("student.contrastive.lr", settings.lr)
    return encoder.take_steps(contrast, encoded, steps, seed, on_step, started, rate)


def fit_head(
    encoder: Encoder, rows: Sequence[LabelledText], *, weights: Sequence[float] | None = None
) -> None:
    """Put a logistic regression on the rows' vectors in the last layer's place.

    The encoder stays as it is, so this is no optimiser step. With `student.head_start: labels` the
    regression is drawn towards the labels' descriptions, as the encoder now reads them.

    Args:
        encoder: Whose head reads the mean over the tokens.
        rows: All that the student is to know, for nothing is left of the earlier head; none at all
            is allowed and does nothing.
        weights: Factor of each row's loss.
    """
    if not encoder.config.averages:
        raise ValueError("a head fitted by itself needs student.contrastive or head_start: labels")
    if not rows:
        return
    encoded = encoder.encode(rows, weights)
    vectors, layer = _vectors(encoder, encoded), last_layer(encoder.network)
    start = torch.zeros_like(layer.weight)
    if encoder.config.head_start == "labels":
        start = label_start(encoder)
    with compute_threads(encoder.config.threads):
        found = logistic_regression(vectors, encoded.targets, encoded.weights, start)
    with torch.no_grad():
        layer.weight.copy_(found[0])
        layer.bias.copy_(found[1])


def start_from_labels(encoder: Encoder) -> None:
    """Make the last layer a zero-shot classifier: a text goes to the description it is nearest."""
    with torch.no_grad():
        last_layer(encoder.network).weight.copy_(label_start(encoder))


def label_start(encoder: Encoder) -> torch.Tensor:
    """The labels' prototypes, as the encoder now reads their descriptions."""
    texts = described(encoder.labels, encoder.descriptions)
    rows = encoder.head.encode(encoder.tokenizer, texts, None, encoder.config.max_length)
    return prototypes(_vectors(encoder, rows))


def _vectors(encoder: Encoder, rows: Encoded) -> torch.Tensor:
    """What the last layer gets for rows, float32 [rows, width]."""
    found: list[torch.Tensor] = []
    with compute_threads(encoder.config.threads), torch.no_grad():
        for start in range(0, len(rows.ids), ROWS):
            chosen = range(start, min(start + ROWS, len(rows.ids)))
            inputs = encoder.head.inputs(rows, chosen, encoder.pad_id, encoder.device)
            found.append(sentence_vectors(encoder.network, inputs))
    return torch.cat(found)
