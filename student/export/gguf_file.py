"""A language model as one GGUF, which llama.cpp, and so the embedded server, loads.

    write_gguf(run / "student", folder / "model.gguf")

Of the Llama architecture (SmolLM2 is one), with a byte-level BPE whose way of cutting texts
llama.cpp knows; whatever else is refused, for a file that loads and answers otherwise is worse than
none. Matrices are float16, or 8 bits with a scale for every 32 (Q8_0); vectors stay float32.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from evokd.config import ConfigError
from student.export.gguf_tokens import add_tokens
from student.export.manifest import Quantize
from student.manifest import WEIGHTS

Array = npt.NDArray[Any]

OUTER = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
"""transformers' name of a tensor → that of llama.cpp."""
INNER = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""The same within a layer."""
Q8_BLOCK = 32
"""Numbers that share a scale; a row has to be whole blocks."""


def write_gguf(folder: Path, file: Path, quantize: Quantize | None = None) -> None:
    """Write a saved language model.

    Args:
        folder: As `save_pretrained` leaves it, adapters merged.
        file: Is made.
        quantize: `int8`: as Q8_0.

    Raises:
        ConfigError: another architecture, a setting of it or a tokenizer that is not known here.
    """
    config = _read(folder / "config.json")
    check_llama(config)
    writer = gguf.GGUFWriter(file, "llama")
    _add_shape(writer, config, folder.parent.name, quantize)
    add_tokens(writer, folder, int(config["vocab_size"]))
    for name, values in _tensors(folder, config):
        _add_tensor(writer, name, values, quantize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check_llama(config: Mapping[str, Any]) -> None:
    """Refuse what would load, and answer otherwise.

    Args:
        config: The model's config.json.

    Raises:
        ConfigError: naming the setting.
    """
    kind = config.get("model_type")
    if kind != "llama":
        raise ConfigError(
            f"--format gguf: knows networks of the Llama architecture (SmolLM2), this one is"
            f" {kind}; llama.cpp's own convert_hf_to_gguf.py takes the folder `student` of the run"
        )
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    plain = {
        "rope_type": (rope.get("rope_type", "default"), "default"),
        "attention_bias": (config.get("attention_bias", False), False),
        "mlp_bias": (config.get("mlp_bias", False), False),
        "hidden_act": (config.get("hidden_act"), "silu"),
    }
    for name, (found, wanted) in plain.items():
        if found != wanted:
            raise ConfigError(
                f"--format gguf: {name}: {found!r} in the model's config.json is not known here"
                f" (only {wanted!r}); llama.cpp's own convert_hf_to_gguf.py takes the folder"
                " `student` of the run"
            )


def permuted(weights: Array, heads: int) -> Array:
    """Rows of a query or key matrix in llama.cpp's order.

    Rotary positions turn pairs of numbers. transformers pairs the first half of a head with the
    second, llama.cpp each number with its neighbour.

    Args:
        weights: [heads × width of a head, inputs].
        heads: Of queries, or of keys.
    """
    rows, inputs = weights.shape
    halves = weights.reshape(heads, 2, rows // heads // 2, inputs)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, inputs))


def name_of(name: str) -> str:
    """llama.cpp's name of a tensor.

    Raises:
        ConfigError: a tensor that the architecture doesn't have.
    """
    if name in OUTER:
        return OUTER[name]
    parts = name.removeprefix("model.layers.").split(".", 1)
    inner = parts[-1].removesuffix(".weight")
    if len(parts) != 2 or not parts[0].isdecimal() or inner not in INNER:
        raise ConfigError(f"--format gguf: the tensor {name} is none of the Llama architecture")
    return f"blk.{parts[0]}.{INNER[inner]}.weight"


def _tensors(folder: Path, config: Mapping[str, Any]) -> Iterator[tuple[str, Array]]:
    """Names and values, float32, as llama.cpp has them."""
    heads = int(config["num_attention_heads"])
    of = {"attn_q": heads, "attn_k": int(config.get("num_key_value_heads") or heads)}
    tied = bool(config.get("tie_word_embeddings"))
    with safe_open(folder / WEIGHTS, framework="pt") as stored:
        for name in stored.keys():  # noqa: SIM118  (not a mapping)
            if tied and name == "lm_head.weight":
                continue  # llama.cpp takes the embeddings where there is no output
            values = stored.get_tensor(name).float().numpy()
            new = name_of(name)
            part = new.split(".")[-2]
            yield new, permuted(values, of[part]) if part in of else values


def _add_shape(
    writer: gguf.GGUFWriter, config: Mapping[str, Any], name: str, quantize: Quantize | None
) -> None:
    heads, width = int(config["num_attention_heads"]), int(config["hidden_size"])
    rope = config.get("rope_parameters") or {}
    theta = rope.get("rope_theta") or config.get("rope_theta") or 10_000.0
    writer.add_type("model")
    writer.add_name(name)
    writer.add_context_length(int(config["max_position_embeddings"]))
    writer.add_embedding_length(width)
    writer.add_block_count(int(config["num_hidden_layers"]))
    writer.add_feed_forward_length(int(config["intermediate_size"]))
    writer.add_head_count(heads)
    writer.add_head_count_kv(int(config.get("num_key_value_heads") or heads))
    writer.add_layer_norm_rms_eps(float(config["rms_norm_eps"]))
    writer.add_rope_freq_base(float(theta))
    head = int(config.get("head_dim") or width // heads)
    writer.add_rope_dimension_count(head)
    if head != width // heads:
        writer.add_key_length(head)
        writer.add_value_length(head)
    writer.add_vocab_size(int(config["vocab_size"]))
    kinds = gguf.LlamaFileType
    writer.add_file_type(kinds.MOSTLY_Q8_0 if quantize else kinds.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_tensor(
    writer: gguf.GGUFWriter, name: str, values: Array, quantize: Quantize | None
) -> None:
    if values.ndim == 1:
        writer.add_tensor(name, values)
    elif quantize and values.shape[1] % Q8_BLOCK == 0:
        eight = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(values, eight), raw_dtype=eight)
    else:
        half = values.astype(np.float16)
        if not np.isfinite(half).all():
            raise ConfigError(
                f"--format gguf: {name} has numbers beyond float16's; nothing written"
            )
        writer.add_tensor(name, half)


def _read(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: can't be read ({error})") from None
    return found
