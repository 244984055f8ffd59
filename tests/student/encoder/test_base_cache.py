from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer

from evokd.config import LoraConfig, StudentConfig
from evokd.tasks.example import Example
from student.encoder import base as base_module
from student.encoder import base_cache as kept
from student.encoder.encoder import Encoder
from student.runtime import quiet_loading
from tests.student.tiny import LABELS, save_base

LORA = LoraConfig(r=2, alpha=4)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    kept._last.clear()
    yield
    kept._last.clear()


def weights(encoder: Encoder) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in encoder.network.state_dict().items()}


def same_bits(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("read from disk")

    monkeypatch.setattr(base_module, "_pristine", refuse)


@pytest.mark.parametrize("lora", [None, LORA], ids=["full", "lora"])
def test_a_reset_reads_nothing_and_is_exact(
    lora: LoraConfig | None,
    config: StudentConfig,
    rows: list[Example],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = config.model_copy(update={"lora": lora})
    encoder = Encoder.create(config, LABELS, seed=1)
    fresh = weights(encoder)
    no_reading(monkeypatch)
    encoder.fit(rows, seed=1)
    assert not same_bits(fresh, weights(encoder))
    encoder.reset()
    assert same_bits(fresh, weights(encoder))
    other = Encoder.create(config, LABELS, seed=2)
    assert not same_bits(fresh, weights(other)) and other.fingerprint == encoder.fingerprint
    encoder.reset()
    assert same_bits(fresh, weights(encoder))


def headless_pool(folder: Path) -> Path:
    """A base model that lacks the pooler, which is then drawn with the head."""
    save_base(folder)
    vocab = BertTokenizer.from_pretrained(folder).vocab_size
    shape = BertConfig(
        vocab_size=vocab,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    with quiet_loading(), torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(shape, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("lora", [None, LORA], ids=["full", "lora"])
def test_kept_or_read_the_bits_are_the_same(
    lora: LoraConfig | None,
    config: StudentConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = headless_pool(tmp_path / "base")
    config = config.model_copy(update={"model": str(folder), "lora": lora})
    with monkeypatch.context() as patch:
        patch.setattr(kept, "LARGEST", 0)
        read = {seed: weights(Encoder.create(config, LABELS, seed=seed)) for seed in (1, 2)}
        assert not kept._last
    pooler = next(name for name in read[1] if "pooler" in name and name.endswith("weight"))
    assert not torch.equal(read[1][pooler], read[2][pooler])
    for seed in (2, 1, 2):
        assert same_bits(read[seed], weights(Encoder.create(config, LABELS, seed=seed)))
    assert kept._last


def test_one_network_is_kept_and_only_while_it_is_the_one_on_disk(
    config: StudentConfig, tmp_path: Path
) -> None:
    mine = config.model_copy(update={"model": str(save_base(tmp_path / "mine"))})
    encoder = Encoder.create(mine, LABELS, seed=1)
    before = weights(encoder)
    Encoder.create(config, LABELS, seed=1)
    assert len(kept._last) == 1
    encoder.reset()
    assert same_bits(before, weights(encoder))
    Encoder.create(mine, ("a", "b", "c"), seed=1)
    encoder.reset()
    assert same_bits(before, weights(encoder))
    save_base(tmp_path / "mine", seed=5)
    encoder.reset()
    assert not same_bits(before, weights(encoder))
    assert encoder.fingerprint == Encoder.create(mine, LABELS, seed=1).fingerprint


def test_training_leaves_the_kept_network_alone(config: StudentConfig, rows: list[Example]) -> None:
    encoder = Encoder.create(config, LABELS, seed=1)
    before = {name: value.clone() for name, value in kept._last[0].model.state_dict().items()}
    encoder.fit(rows, seed=1)
    assert same_bits(before, kept._last[0].model.state_dict())
