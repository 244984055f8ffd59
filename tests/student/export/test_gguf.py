"""A language model as a GGUF: another reader of such files (transformers') finds the same model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from evokd.config import ConfigError
from evokd.store.gguf_header import read_header
from student.export.gguf_file import name_of, permuted, write_gguf
from student.export.gguf_tokens import cut_of
from student.runtime import quiet_loading
from tests.student.tiny_causal import save_causal

QUESTION = "<|im_start|>user\nThe sum of 6 and 7 is é?<|im_end|>\n<|im_start|>assistant\n"


def logits_of(folder: Path, **options: Any) -> torch.Tensor:
    with quiet_loading():
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    with torch.inference_mode():
        found: torch.Tensor = model.eval()(input_ids=torch.arange(3, 40)[None]).logits[0]
    return found


def read_back(file: Path) -> torch.Tensor:
    return logits_of(
        file.parent, gguf_file=file.name, quantization_config=GgufConfig(dequantize=True)
    )


def test_another_reader_finds_the_same_network(causal: Path, tmp_path: Path) -> None:
    """Among others, that queries and keys are permuted: without, rotary positions are nonsense."""
    file = tmp_path / "model.gguf"
    write_gguf(causal, file)
    ours, theirs = logits_of(causal), read_back(file)
    assert (ours - theirs).abs().max() < 0.02 * ours.abs().max()
    assert (ours.argmax(-1) == theirs.argmax(-1)).float().mean() > 0.95


def test_an_output_of_its_own_is_written(tmp_path: Path) -> None:
    folder = save_causal(tmp_path / "untied", seed=1, tie_word_embeddings=False)
    file = tmp_path / "model.gguf"
    write_gguf(folder, file)
    names = [tensor.name for tensor in gguf.GGUFReader(file).tensors]
    assert "output.weight" in names
    ours = logits_of(folder)
    assert (ours - read_back(file)).abs().max() < 0.02 * ours.abs().max()


def test_eight_bits_are_near_and_small(causal: Path, tmp_path: Path) -> None:
    write_gguf(causal, tmp_path / "half.gguf")
    write_gguf(causal, tmp_path / "eight.gguf", "int8")
    ours, theirs = logits_of(causal), read_back(tmp_path / "eight.gguf")
    assert 0 < (ours - theirs).abs().max() < 0.1 * ours.abs().max()
    kinds = {t.name: t.tensor_type for t in gguf.GGUFReader(tmp_path / "eight.gguf").tensors}
    assert kinds["blk.0.attn_q.weight"] == gguf.GGMLQuantizationType.Q8_0
    assert kinds["blk.0.attn_norm.weight"] == gguf.GGMLQuantizationType.F32
    sizes = [(tmp_path / f"{name}.gguf").stat().st_size for name in ("eight", "half")]
    assert sizes[0] < sizes[1]


def test_the_tokenizer_is_the_same(causal: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    write_gguf(causal, file)
    ours: Any = AutoTokenizer.from_pretrained(causal)
    theirs: Any = AutoTokenizer.from_pretrained(tmp_path, gguf_file=file.name)
    for text in (QUESTION, "Because birds fly, the answer is (A). 🦜", "  two  spaces\n\n12"):
        ids = ours(text, add_special_tokens=False)["input_ids"]
        assert theirs(text, add_special_tokens=False)["input_ids"] == ids
    fields = gguf.GGUFReader(file).fields
    said = {key: field.contents() for key, field in fields.items()}
    assert said["tokenizer.chat_template"] == ours.chat_template
    assert said["tokenizer.ggml.eos_token_id"] == ours.eos_token_id
    assert said["tokenizer.ggml.pre"] == "gpt-2"
    assert said["tokenizer.ggml.token_type"][:3] == [gguf.TokenType.CONTROL] * 3


def test_the_header_is_what_a_teacher_asks_for(causal: Path, tmp_path: Path) -> None:
    write_gguf(causal, tmp_path / "model.gguf")
    header = read_header(tmp_path / "model.gguf")
    assert header.context == 256 and header.chat_template
    model: Any = AutoModelForCausalLM.from_pretrained(causal)
    assert header.parameters == sum(value.numel() for value in model.parameters())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "qwen2"}, "Llama architecture .* this one is qwen2; .*convert_hf_to_gguf"),
        ({"rope_parameters": {"rope_type": "llama3"}}, "rope_type: 'llama3' .* not known"),
        ({"attention_bias": True}, "attention_bias: True"),
        ({"hidden_act": "gelu"}, "hidden_act: 'gelu'"),
        ({"vocab_size": 100}, "has the number .* the network has 100"),
    ],
)
def test_what_would_answer_otherwise_is_refused(
    causal: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    folder = Path(shutil.copytree(causal, tmp_path / "changed"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | change), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        write_gguf(folder, tmp_path / "model.gguf")


def test_only_cuts_that_llama_cpp_knows() -> None:
    levels = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    digits = {"type": "Digits", "individual_digits": True}
    model = {"type": "BPE"}
    sequence = {"type": "Sequence", "pretokenizers": [digits, levels | {"use_regex": True}]}
    assert cut_of({"model": model, "pre_tokenizer": sequence}) == "smollm"
    assert cut_of({"model": model, "pre_tokenizer": levels}) == "gpt-2"
    others: list[dict[str, Any]] = [
        {"model": model, "pre_tokenizer": levels, "normalizer": {"type": "NFC"}},
        {"model": {"type": "Unigram"}, "pre_tokenizer": levels},
        {"model": model, "pre_tokenizer": levels | {"add_prefix_space": True}},
        {"model": model, "pre_tokenizer": {"type": "Split"}},
        {"model": model},
    ]
    for other in others:
        with pytest.raises(
            ConfigError, match=r"--format gguf: llama\.cpp's name for this tokenizer"
        ):
            cut_of(other)


def test_names_and_order() -> None:
    assert name_of("model.layers.11.self_attn.q_proj.weight") == "blk.11.attn_q.weight"
    with pytest.raises(ConfigError, match=r"model\.layers\.0\.moe\.weight is none of the Llama"):
        name_of("model.layers.0.moe.weight")
    rows = np.arange(8.0)[:, None]  # two heads of four: halves 0 1 | 2 3 become pairs 0 2 | 1 3
    assert permuted(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
