from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from evokd.config import ConfigError, LoraConfig, StudentConfig
from student.encoder.encoder import Encoder
from student.sources import locate
from student.sources import read_pretrained as read_model
from tests.student.tiny import LABELS, save_base


def create(folder: Path, **changes: object) -> Encoder:
    config = StudentConfig(model=str(folder), max_length=32, threads=1)
    return Encoder.create(config.model_copy(update=changes), LABELS, seed=1)


def head(encoder: Encoder) -> torch.Tensor:
    weight: torch.Tensor = encoder._model.classifier.weight
    return weight


def test_a_fine_tuned_base_gets_a_fresh_head(base: Path, tmp_path: Path) -> None:
    """Another task's head, of the same or another size, must not shine through."""
    fresh = create(base)
    for labels in (("x", "y"), ("x", "y", "z")):
        config = StudentConfig(model=str(base), max_length=32, threads=1)
        Encoder.create(config, labels, seed=9).save(tmp_path / "tuned")
        assert torch.equal(head(create(tmp_path / "tuned")), head(fresh))


def test_no_safetensors_no_student(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(base, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"student\.model: .* can't be loaded: .*safetensors"):
        create(folder)


def test_a_broken_file(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(base, folder)
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(ConfigError, match=r"student\.model: .* can't be loaded"):
        create(folder)


def test_a_config_that_promises_more_layers(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deeper"
    shutil.copytree(base, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(ConfigError, match=r"lacks 16 of the tensors .*layer\.2"):
        create(folder)


def test_code_of_a_model_is_not_run(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "remote"
    shutil.copytree(base, folder)
    ran = tmp_path / "ran"
    (folder / "modeling.py").write_text(f"open({str(ran)!r}, 'w')\nclass M: pass\n")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["model_type"] = "mine"
    config["auto_map"] = {"AutoModelForSequenceClassification": "modeling.M"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError):
        create(folder)
    assert not ran.exists()


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no embedded model 'gpt'"):
        create(Path("embedded:gpt"))
    for path in (str(tmp_path / "nowhere"), "./nowhere", "some/where/else"):
        with pytest.raises(ConfigError, match=r"student\.model: .* is no folder"):
            locate(path)
    with pytest.raises(ConfigError, match=r"student\.model: .* can't be loaded"):
        create(tmp_path)


def test_hub_names_ask_the_cache_then_the_hub() -> None:
    asked = []

    def read(path: str, *, local_files_only: bool, trust_remote_code: bool) -> str:
        assert not trust_remote_code
        asked.append(local_files_only)
        if local_files_only:
            raise OSError("not in the cache")
        raise OSError("no such model\nsecond line")

    with pytest.raises(ConfigError, match=r"nobody/nothing is neither .*\(no such model\)"):
        read_model(locate("nobody/nothing"), read)
    assert asked == [True, False]


def test_max_length_beyond_the_model(base: Path) -> None:
    with pytest.raises(ConfigError, match=r"student\.max_length: .* at most 64 tokens, got 65"):
        create(base, max_length=65)


def test_lora_on_layers_that_are_not_there(base: Path) -> None:
    with pytest.raises(ConfigError, match=r"student\.lora\.target_modules"):
        create(base, lora=LoraConfig(target_modules=("nowhere",)))


def test_fingerprint_is_of_the_base_alone(base: Path, tmp_path: Path) -> None:
    one = create(base)
    assert one.fingerprint == create(base, lora=LoraConfig()).fingerprint
    assert one.fingerprint != create(save_base(tmp_path / "b", seed=3)).fingerprint
