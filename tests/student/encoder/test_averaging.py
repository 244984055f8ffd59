from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    DistilBertConfig,
    DistilBertModel,
    ModernBertConfig,
    ModernBertModel,
    RobertaConfig,
    RobertaModel,
    pipeline,
)

from evokd.config import ConfigError, StudentConfig
from student.encoder.averaging import LENGTH, last_layer
from student.encoder.contrastive import sentence_vectors
from student.encoder.encoder import Encoder
from student.runtime import quiet_loading
from tests.student.tiny import LABELS, save_base

TEXTS = ["the lid is very happy", "awful", "this kettle works and it is so great !"]
SHAPE: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 80,
    "pad_token_id": 0,
}
ENDS: dict[str, Any] = {"bos_token_id": 3, "eos_token_id": 4, "cls_token_id": 3, "sep_token_id": 4}


def base_of(kind: str, folder: Path) -> Path:
    """A tiny random base network of that architecture, with the tests' tokenizer."""
    save_base(folder)
    with quiet_loading(), torch.random.fork_rng():
        torch.manual_seed(0)
        made: dict[str, Any] = {
            "bert": lambda: None,
            "roberta": lambda: RobertaModel(RobertaConfig(**SHAPE)),
            "modernbert": lambda: ModernBertModel(ModernBertConfig(**SHAPE, **ENDS)),
            "distilbert": lambda: DistilBertModel(
                DistilBertConfig(vocab_size=60, dim=32, n_layers=1, n_heads=2, hidden_dim=32)
            ),
        }
        model = made[kind]()
        if model is not None:
            model.save_pretrained(folder)
    return folder


def described(base: Path) -> Encoder:
    config = StudentConfig(model=str(base), max_length=32, threads=1, head_start="labels")
    return Encoder.create(config, LABELS, seed=1)


@pytest.mark.parametrize("kind", ["bert", "roberta", "modernbert"])
def test_the_head_reads_the_mean(kind: str, tmp_path: Path) -> None:
    base = base_of(kind, tmp_path / "base")
    encoder = described(base)
    plain = Encoder.create(encoder.config.plain, LABELS, seed=1)
    rows = encoder.head.encode(encoder.tokenizer, TEXTS, None, 32)
    inputs = encoder.head.inputs(rows, range(len(TEXTS)), encoder.pad_id, encoder.device)
    with torch.no_grad():
        found = sentence_vectors(encoder.network, inputs)
        hidden = plain.network.base_model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1)
    means = (hidden * mask).sum(1) / mask.sum(1)
    means = means - means.mean(1, keepdim=True)
    cosines = torch.cosine_similarity(found, means)
    assert cosines.min() > 0.995
    torch.testing.assert_close(found.norm(dim=1), torch.full((3,), LENGTH), rtol=0.15, atol=0)


@pytest.mark.parametrize("kind", ["bert", "roberta", "modernbert"])
def test_an_ordinary_folder(kind: str, tmp_path: Path) -> None:
    encoder = described(base_of(kind, tmp_path / "base"))
    encoder.save(tmp_path / "student")
    loaded = Encoder.load(tmp_path / "student", StudentConfig(threads=1))
    expected = encoder.probabilities(TEXTS)
    np.testing.assert_allclose(loaded.probabilities(TEXTS), expected, atol=1e-5)
    with quiet_loading():
        classify: Any = pipeline("text-classification", str(tmp_path / "student"), device="cpu")
    found = [one["label"] for one in classify(TEXTS)]
    assert found == [LABELS[place] for place in expected.argmax(1)]


def test_what_averages_is_not_trained(tmp_path: Path) -> None:
    encoder = described(base_of("bert", tmp_path / "base"))
    fixed = {name for name, value in encoder.network.named_parameters() if not value.requires_grad}
    assert fixed and all(".layer.2." in name or ".pooler." in name for name in fixed)
    assert last_layer(encoder.network).weight.requires_grad


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"student\.model: .* distilbert .* known are bert, rob"):
        described(base_of("distilbert", tmp_path / "base"))
