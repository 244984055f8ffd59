"""The saved student: who can read it, what lies in it, what is refused."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer, pipeline

from evokd.config import ConfigError, LoraConfig, StudentConfig
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.runtime import quiet_loading
from tests.student.tiny import LABELS


@pytest.fixture(params=[None, LoraConfig(r=4, alpha=8)], ids=["full", "lora"])
def trained(request: pytest.FixtureRequest, config: StudentConfig, rows: list[Example]) -> Encoder:
    encoder = Encoder.create(config.model_copy(update={"lora": request.param}), LABELS, seed=1)
    encoder.fit(rows, seed=1, epochs=10)
    return encoder


def test_load_predicts_the_same(trained: Encoder, rows: list[Example], tmp_path: Path) -> None:
    trained.save(tmp_path / "student")
    loaded = Encoder.load(tmp_path / "student", trained.config)
    texts = [row.text for row in rows]
    assert loaded.labels == trained.labels
    np.testing.assert_allclose(loaded.probabilities(texts), trained.probabilities(texts), atol=1e-5)
    with pytest.raises(RuntimeError, match="loaded to predict"):
        loaded.fit(rows, seed=1)


def test_saving_leaves_training_alone(
    trained: Encoder, rows: list[Example], tmp_path: Path
) -> None:
    before = trained.probabilities([row.text for row in rows])
    trained.save(tmp_path / "student")
    after = trained.probabilities([row.text for row in rows])
    assert np.array_equal(before, after)
    assert trained.fit(rows, seed=2).steps > 0


def test_the_pipeline_says_the_same(trained: Encoder, rows: list[Example], tmp_path: Path) -> None:
    trained.save(tmp_path / "student")
    texts = [row.text for row in rows]
    with quiet_loading():
        classify: Any = pipeline("text-classification", str(tmp_path / "student"), device="cpu")
    answers = classify(texts)
    verdicts = trained.predict(texts)
    assert [answer["label"] for answer in answers] == [verdict.label for verdict in verdicts]
    for answer, verdict in zip(answers, verdicts, strict=True):
        assert answer["score"] == pytest.approx(verdict.confidence, abs=1e-4)
    everything = classify(texts[0], top_k=None)
    assert {answer["label"] for answer in everything} == set(LABELS)


def test_safetensors_only(trained: Encoder, tmp_path: Path) -> None:
    trained.save(tmp_path / "student", card="# Hello\n")
    trained.checkpoint(tmp_path / "state")
    files = {file.name for file in (tmp_path / "student").iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "README.md"} <= files
    assert not [f for f in tmp_path.rglob("*") if f.suffix in {".bin", ".pt", ".pth", ".pkl"}]
    assert {file.name for file in (tmp_path / "state").iterdir()} == {
        "model.safetensors",
        "student.json",
    }
    assert not list(tmp_path.glob(".*"))
    saved = tmp_path / "student"
    assert (
        len({(saved / name).stat().st_mode for name in ("config.json", "model.safetensors")}) == 1
    )


def test_a_lora_checkpoint_is_small(config: StudentConfig, tmp_path: Path) -> None:
    for name, lora in (("full", None), ("lora", LoraConfig(r=1, alpha=2))):
        encoder = Encoder.create(config.model_copy(update={"lora": lora}), LABELS, seed=1)
        encoder.checkpoint(tmp_path / name)
    sizes = [(tmp_path / n / "model.safetensors").stat().st_size for n in ("lora", "full")]
    assert sizes[0] < sizes[1] / 4


def test_saving_again_replaces(trained: Encoder, rows: list[Example], tmp_path: Path) -> None:
    folder = tmp_path / "student"
    trained.save(folder, card="first")
    trained.fit(rows, seed=3)
    trained.save(folder)
    assert not (folder / "README.md").exists()
    Encoder.load(folder, trained.config)


def test_tampered_weights_are_refused(trained: Encoder, tmp_path: Path) -> None:
    trained.save(tmp_path / "student")
    file = tmp_path / "student" / "model.safetensors"
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=r"model\.safetensors: not the file that was saved"):
        Encoder.load(tmp_path / "student", trained.config)


def test_damaged_manifests_are_refused(trained: Encoder, tmp_path: Path) -> None:
    trained.save(tmp_path / "student")
    manifest = tmp_path / "student" / "student.json"
    for text in ("", "[]", json.dumps({"kind": "student"})):
        manifest.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"student\.json: can't be read"):
            Encoder.load(tmp_path / "student", trained.config)
    with pytest.raises(ConfigError, match="holds no weights of kind student"):
        Encoder.load(tmp_path / "nowhere", trained.config)


def test_odd_labels_survive(config: StudentConfig, tmp_path: Path) -> None:
    labels = ("情感", "a: b\n- c", '"quoted" <b>', "LABEL_0")
    encoder = Encoder.create(config, labels, seed=1)
    encoder.save(tmp_path / "student")
    assert Encoder.load(tmp_path / "student", config).labels == labels
    with quiet_loading():
        classify: Any = pipeline("text-classification", str(tmp_path / "student"), device="cpu")
    assert {answer["label"] for answer in classify("the lid", top_k=None)} == set(labels)


def test_the_tokenizer_remembers_max_length(trained: Encoder, tmp_path: Path) -> None:
    trained.save(tmp_path / "student")
    tokenizer: Any = AutoTokenizer.from_pretrained(tmp_path / "student", local_files_only=True)
    assert tokenizer.model_max_length == trained.config.max_length
    other = trained.config.model_copy(update={"max_length": 8})
    assert Encoder.load(tmp_path / "student", other).config.max_length == 32


def test_no_noise(
    config: StudentConfig, rows: list[Example], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = Encoder.create(config.model_copy(update={"lora": LoraConfig()}), LABELS, seed=1)
        encoder.fit(rows, seed=1)
        encoder.save(tmp_path / "student")
        Encoder.load(tmp_path / "student", config).predict(["the lid"])
    assert capfd.readouterr() == ("", "")
