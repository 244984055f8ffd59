"""Texts beyond a network's table of positions are refused, whatever the tokenizer says of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModel,
    BartConfig,
    BertConfig,
    BertTokenizer,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    MPNetConfig,
    PretrainedConfig,
    RobertaConfig,
)

from evokd.config import ConfigError, StudentConfig
from student.encoder.base import check_base
from student.encoder.encoder import Encoder
from student.runtime import quiet_loading
from tests.student.tiny import BAD, FILLER, GOOD, LABELS

VOCAB = ["<s>", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *GOOD, *BAD, *FILLER]
TINY: dict[str, Any] = {
    "vocab_size": len(VOCAB),
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "pad_token_id": 1,
}
PLAIN, OFFSET = {**TINY, "max_position_embeddings": 40}, {**TINY, "max_position_embeddings": 42}
TABLES: list[PretrainedConfig] = [
    BertConfig(**PLAIN),
    DistilBertConfig(vocab_size=len(VOCAB), dim=32, n_layers=1, n_heads=2, hidden_dim=32,
                     max_position_embeddings=40, pad_token_id=1),
    RobertaConfig(**OFFSET),
    MPNetConfig(**OFFSET),
    BartConfig(vocab_size=len(VOCAB), d_model=32, encoder_layers=1, decoder_layers=1,
               encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
               decoder_ffn_dim=32, max_position_embeddings=40, pad_token_id=1, eos_token_id=4,
               bos_token_id=0, decoder_start_token_id=4, forced_eos_token_id=4),
]  # fmt: skip
"""Each takes 40 tokens."""
WITHOUT: list[PretrainedConfig] = [
    ModernBertConfig(**PLAIN, bos_token_id=3, eos_token_id=4, cls_token_id=3, sep_token_id=4),
    DebertaV2Config(**PLAIN, relative_attention=True, position_biased_input=False),
]
"""Rotary and relative positions."""


def kind(config: PretrainedConfig) -> str:
    return str(config.model_type)


def settings(folder: Path, config: PretrainedConfig, max_length: int) -> StudentConfig:
    """A base model whose tokenizer names no limit."""
    with quiet_loading(), torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModel.from_config(config).save_pretrained(folder)  # type: ignore[no-untyped-call]
        BertTokenizer(vocab={word: i for i, word in enumerate(VOCAB)}).save_pretrained(folder)
    return StudentConfig(model=str(folder), max_length=max_length, threads=1)


@pytest.mark.parametrize("config", TABLES, ids=kind)
def test_one_token_too_many(config: PretrainedConfig, tmp_path: Path) -> None:
    student = settings(tmp_path, config, 41)
    said = re.escape(f"student.max_length: {tmp_path} takes at most 40 tokens, got 41")
    with pytest.raises(ConfigError, match=said):
        check_base(student)
    with pytest.raises(ConfigError, match=said):
        Encoder.create(student, LABELS, seed=1)


@pytest.mark.parametrize("config", TABLES, ids=kind)
def test_the_last_position_is_used(config: PretrainedConfig, tmp_path: Path) -> None:
    """The limit is no smaller than it must be: a text of 40 tokens is read."""
    student = settings(tmp_path, config, 40)
    check_base(student)
    long = " ".join(["kettle"] * 60)
    assert len(Encoder.create(student, LABELS, seed=1).predict([long])) == 1


@pytest.mark.parametrize("config", WITHOUT, ids=kind)
def test_no_table_no_limit(config: PretrainedConfig, tmp_path: Path) -> None:
    student = settings(tmp_path, config, 60)
    check_base(student)
    long = " ".join(["kettle"] * 80)
    assert len(Encoder.create(student, LABELS, seed=1).predict([long])) == 1
