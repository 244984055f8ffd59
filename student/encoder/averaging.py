"""A head that reads the mean over a text's tokens, in a network that any transformers can load.

Sentence encoders mean by a text the mean of their last layer; BERT's and RoBERTa's own heads read
the first token, which in MiniLM knows far less (docs/design/few-shot-head.md has the numbers). So
the network gets one layer more, of its own kind, with constant weights: queries and keys of 0, so
each token attends to all alike; values of 1; a factor beside which the residual is nothing; a feed
forward part of 0. What comes out at every token is the mean, standardised. ModernBERT has a
setting for it.

The vector that the last layer then gets is the mean over the tokens, less the mean of its own
parts, scaled to about `LENGTH`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from evokd.config import ConfigError
from student.sources import ModelSource

LENGTH = 2.0
"""Euclidean length of the vector, whatever the width: within tanh's nearly straight middle."""
FACTOR = 1e4
"""Of the mean against the residual that is added to it."""


def read_the_mean(model: Any, source: ModelSource) -> None:
    """Let the head read the mean over the tokens, in place.

    What does so is constant: it is no part of what is trained or checkpointed.

    Raises:
        ConfigError: an architecture whose head can't be made to.
    """
    change = _CHANGES.get(model.config.model_type)
    if change is None:
        known = ", ".join(_CHANGES)
        raise ConfigError(
            f"student.model: {source.name} is a {model.config.model_type} network, whose head can't"
            f" read the mean over the tokens; known are {known}. Take such a model, or leave out"
            " `student.contrastive` and `student.head_start`"
        )
    with torch.no_grad():
        change(model)
    for name, part in model.named_children():
        if name != model.base_model_prefix:
            _without_dropout(part)


def last_layer(model: Any) -> nn.Linear:
    """The layer that gives the logits, of a network that `read_the_mean` has changed."""
    layer: nn.Linear = model.classifier
    return layer if isinstance(layer, nn.Linear) else model.classifier.out_proj


def _bert(model: Any) -> None:
    _add_averaging_layer(model)
    _make_identity(model.bert.pooler.dense, _scale(model))


def _roberta(model: Any) -> None:
    _add_averaging_layer(model)
    _make_identity(model.classifier.dense, _scale(model))


def _modernbert(model: Any) -> None:
    model.config.classifier_pooling = "mean"
    model.config.classifier_activation = "linear"
    model.head.act = nn.Identity()
    _make_identity(model.head.dense, 1.0)
    _fill(model.head.norm, _scale(model))


_CHANGES: Mapping[str, Callable[[Any], None]] = {
    "bert": _bert,
    "roberta": _roberta,
    "xlm-roberta": _roberta,
    "camembert": _roberta,
    "modernbert": _modernbert,
}
"""transformers' name of the architecture → what changes its head."""


def _add_averaging_layer(model: Any) -> None:
    layers = model.base_model.encoder.layer
    layer = copy.deepcopy(layers[-1])
    attention = layer.attention.self
    attention.layer_idx = len(layers)
    for part, factor in (
        (attention.query, 0.0),
        (attention.key, 0.0),
        (attention.value, 1.0),
        (layer.attention.output.dense, FACTOR),
        (layer.intermediate.dense, 0.0),
        (layer.output.dense, 0.0),
    ):
        _make_identity(part, factor)
    _fill(layer.attention.output.LayerNorm, 1.0)
    _fill(layer.output.LayerNorm, 1.0)
    _without_dropout(layer)
    layers.append(layer)
    model.config.num_hidden_layers = len(layers)


def _without_dropout(part: nn.Module) -> None:
    """The encoder's own layers have theirs; noise on the mean itself would blur what is compared.

    In memory only, which is enough: a saved student doesn't train.
    """
    for module in part.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


def _make_identity(linear: nn.Linear, factor: float) -> None:
    """Constant from here on: `factor` on the diagonal, no bias."""
    linear.weight.zero_().fill_diagonal_(factor)
    if linear.bias is not None:
        linear.bias.zero_()
    linear.requires_grad_(False)


def _fill(norm: nn.LayerNorm, factor: float) -> None:
    norm.weight.fill_(factor)
    if norm.bias is not None:
        norm.bias.zero_()
    norm.requires_grad_(False)


def _scale(model: Any) -> float:
    return LENGTH / math.sqrt(model.config.hidden_size)
