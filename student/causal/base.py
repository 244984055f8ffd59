"""Base models of causal students: from a name in the config to a network that writes.

`embedded:smollm2-135m` is the very GGUF that the embedded teacher runs on, unpacked
(see `student.causal.gguf_cache`); a folder is read as it is, anything else is a hub name that is
looked for in the local cache before the network. Only safetensors are read, and no code that comes
with a model is run.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from evokd.config import ConfigError
from student.causal.bundles import can_share
from student.causal.chat import check_template, end_of_turn
from student.causal.fingerprint import fingerprint_of
from student.causal.gguf_cache import unpacked
from student.causal.lm_head import check_head
from student.runtime import quiet_loading
from student.sources import ModelSource, locate, read_pretrained

EMBEDDED = "smollm2-135m"
"""The causal model that needs no network."""


@dataclass(frozen=True)
class CausalBase:
    """A causal model with its tokenizer, in eval mode, frozen."""

    model: Any
    """In float32 on a CPU, in bfloat16 on CUDA."""
    tokenizer: Any
    fingerprint: str
    """See `student.causal.fingerprint`."""
    limit: int
    """Tokens: the smaller of what the model takes and what was asked for."""
    stops: frozenset[int]
    """Tokens that end an answer when the model writes them."""
    end: int
    """The one of them that closes an answer it is trained on."""
    pad: int
    """Token id that batches are filled up with; never looked at."""
    share: bool
    """Whether responses to one prompt can be scored in one row, see `student.causal.bundles`."""


def load_causal(name: str, max_length: int, device: torch.device) -> CausalBase:
    """Read a causal model.

    Args:
        name: As the config's `student.model`.
        max_length: Tokens of prompt and response together.
        device: Where it will run; this also says the type of its weights.

    Raises:
        ConfigError: not found, not safetensors, not a causal model, no chat template, or
            `max_length` beyond what it takes.
    """
    source, known = _source(name)
    tokenizer: Any = read_pretrained(source, AutoTokenizer.from_pretrained, EMBEDDED)
    check_template(tokenizer, name)
    model = _model(source)
    _check_length(name, model, max_length)
    _check_network(name, model)
    fingerprint = known or fingerprint_of(model)
    model.to(device, dtype=weight_type(device)).eval().requires_grad_(False)
    check_head(model, name)
    stops = _stops(model, tokenizer)
    end = end_of_turn(tokenizer, stops)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else end
    share = can_share(model, device)
    return CausalBase(model, tokenizer, fingerprint, max_length, stops | {end}, end, pad, share)


def weight_type(device: torch.device) -> torch.dtype:
    """bfloat16 where a GPU computes with it, else float32."""
    half = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if half else torch.float32


def _source(name: str) -> tuple[ModelSource, str]:
    """Where to read from, and the fingerprint if it is known already, else nothing."""
    if not name.startswith("embedded:"):
        return locate(name), ""
    folder, fingerprint = unpacked(name.removeprefix("embedded:"))
    return ModelSource(name, str(folder), local=True), fingerprint


def _model(source: ModelSource) -> Any:
    def read(path: str, **options: Any) -> tuple[Any, dict[str, Any]]:
        loaded: Any = AutoModelForCausalLM.from_pretrained(  # with loading info: a pair
            path,
            use_safetensors=True,
            dtype="auto",  # cast after the fingerprint is taken
            output_loading_info=True,
            **options,
        )
        model, info = loaded
        return model, info

    with quiet_loading():
        model, info = read_pretrained(source, read, EMBEDDED)
    lost = sorted(info["missing_keys"]) + sorted(key[0] for key in info["mismatched_keys"])
    if lost:
        raise ConfigError(
            f"student.model: {source.name} is no causal model: it lacks {len(lost)} of the tensors "
            f"that one has, or has them in another shape (first: {lost[0]})"
        )
    return model


def _check_length(name: str, model: Any, max_length: int) -> None:
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if limit is not None and max_length > limit:
        raise ConfigError(
            f"student.max_length: {name} takes at most {limit} tokens, got {max_length}"
        )


def _check_network(name: str, model: Any) -> None:
    """Batches are padded on the left in generation, which takes positions that are given."""
    if "position_ids" not in inspect.signature(model.forward).parameters:
        raise ConfigError(
            f"student.model: {name} ({type(model).__name__}) takes no position ids, so it can't be "
            "asked in batches; take a decoder with rotary positions (Llama, Qwen, SmolLM, ...)"
        )


def _stops(model: Any, tokenizer: Any) -> frozenset[int]:
    said = model.generation_config.eos_token_id
    listed = said if isinstance(said, list) else [said]
    return frozenset(t for t in (*listed, tokenizer.eos_token_id) if t is not None)
