"""The last layer of a causal model, applied to chosen positions, a few at a time.

It is the widest one (SmolLM2-135M: 49,152 outputs of 576 inputs, a fifth of all weights), and only
the positions that predict a response's tokens need it. Its outputs are kept for `CHUNK_BYTES`
worth of positions at once, never for a whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from evokd.config import ConfigError

CHUNK_BYTES = {"cpu": 32 * 2**20, "cuda": 512 * 2**20}
"""Of float32 logits held at once."""


def causal_of(model: Any) -> Any:
    """The causal model, taken out of PEFT's wrapper; adapters stay in its layers."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def hidden_states(
    model: Any, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None
) -> Tensor:
    """Last hidden states [rows, length, width] of rows padded on the right.

    Mostly without a mask: in a causal model nothing looks at the padding behind it. See
    `student.causal.bundles` for positions and mask.
    """
    given = {"position_ids": positions, "attention_mask": mask}
    output = causal_of(model).base_model(
        input_ids=ids, use_cache=False, **{k: v for k, v in given.items() if v is not None}
    )
    states: Tensor = output.last_hidden_state
    return states


def logits_of(model: Any, states: Tensor) -> Tensor:
    """Float32 logits [positions, vocabulary] of hidden states [positions, width]."""
    causal = causal_of(model)
    config = causal.config.get_text_config()
    logits: Tensor = causal.get_output_embeddings()(states).float()
    scale = getattr(config, "logit_scale", None)  # Cohere
    if scale is None and getattr(config, "logits_scaling", None):  # Granite
        scale = 1 / config.logits_scaling
    if scale is not None:
        logits = logits * scale
    cap = getattr(config, "final_logit_softcapping", None)  # Gemma
    return torch.tanh(logits / cap) * cap if cap is not None else logits


def chunks(model: Any, states: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Slices of the positions, each with its hidden states."""
    width = causal_of(model).get_output_embeddings().weight.shape[0]
    size = max(1, CHUNK_BYTES.get(states.device.type, CHUNK_BYTES["cpu"]) // (4 * width))
    for start in range(0, len(states), size):
        part = slice(start, start + size)
        yield part, states[part]


@torch.no_grad()
def score_tokens(model: Any, states: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probability (float32) and rank (int64) of each target token, both [positions]."""
    logprobs = torch.empty(len(targets), device=states.device)
    ranks = torch.empty(len(targets), dtype=torch.int64, device=states.device)
    for part, some in chunks(model, states):
        logits = logits_of(model, some)
        chosen = logits.gather(1, targets[part, None])
        logprobs[part] = chosen[:, 0] - logits.logsumexp(1)
        ranks[part] = 1 + (logits > chosen).sum(1)
    return logprobs, ranks


def summed_loss(model: Any, states: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy summed over positions, a scalar to call `backward` on; the head stays frozen.

    The gradient of the states is worked out chunk by chunk on the way forward, so that no logits
    have to wait for the way back.
    """
    loss: Tensor = _SummedLoss.apply(states, targets, model)  # type: ignore[no-untyped-call]
    return loss


class _SummedLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, targets: Tensor, model: Any) -> Tensor:
        total = torch.zeros((), device=states.device)
        slopes = torch.empty_like(states)
        for part, some in chunks(model, states.detach()):
            with torch.enable_grad():
                leaf = some.requires_grad_()
                loss = cross_entropy(logits_of(model, leaf), targets[part], reduction="sum")
                (slopes[part],) = torch.autograd.grad(loss, leaf)
            total += loss.detach()
        ctx.save_for_backward(slopes)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (slopes,) = ctx.saved_tensors
        return slopes * grads[0].to(slopes.dtype), None, None


@torch.inference_mode()
def check_head(model: Any, name: str) -> None:
    """Refuse a model that does more between its last layer and its logits than is done here.

    Raises:
        ConfigError: its own logits differ from ours.
    """
    ids = torch.arange(4, device=model.device)[None]
    theirs = model(input_ids=ids, use_cache=False).logits[0].float()
    ours = logits_of(model, hidden_states(model, ids)[0])
    near = 0.02 * theirs.abs().max()  # bfloat16 keeps two digits
    if theirs.shape != ours.shape or (theirs - ours).abs().max() > near:
        raise ConfigError(
            f"student.model: {name} ({type(model).__name__}) changes its logits in a way that the "
            "scorer doesn't know; take another model"
        )
