"""The catalogue, paths and hub files; no network: the hub is a cache folder, or a fake."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.store import models, weights
from evokd.store.weights import sha256_of
from tests.store.made_gguf import save_gguf

NAME = "tiny"


@pytest.fixture
def original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of one tiny model; gives the file that the hub has. The cache is empty."""
    file = save_gguf(tmp_path / "hub" / "tiny.gguf")
    entry = replace(weights.EMBEDDED["qwen2.5-coder-0.5b"], file=file.name, sha256=sha256_of(file))
    monkeypatch.setattr(weights, "EMBEDDED", {NAME: entry})
    monkeypatch.setattr(models, "TEACHERS", {NAME: entry})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return file


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where models lie."""
    return tmp_path / "cache" / "evokd" / "models"


def serve(monkeypatch: pytest.MonkeyPatch, file: Path) -> list[tuple[str, str]]:
    """A hub that sends this file, whatever is asked for; gives what was asked."""
    asked: list[tuple[str, str]] = []

    def download(repo: str, name: str, local_dir: Path) -> str:
        asked.append((repo, name))
        return str(shutil.copyfile(file, local_dir / name))

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    return asked


def test_get_fetches_once_and_verifies(
    original: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert models.state_of(NAME) == ("missing", cache / "tiny.gguf")
    asked = serve(monkeypatch, original)
    path = models.get(NAME)
    assert path == cache / "tiny.gguf" and sha256_of(path) == sha256_of(original)
    assert [one.name for one in cache.iterdir()] == ["tiny.gguf"]
    assert models.get(NAME) == path and models.loadable(NAME) == path
    assert asked == [("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "tiny.gguf")]
    assert models.state_of(NAME) == ("here", path)


def test_get_mends_a_wrong_file(
    original: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(parents=True)
    (cache / "tiny.gguf").write_bytes(original.read_bytes()[:-1] + b"x")
    assert models.state_of(NAME)[0] == "wrong"
    with pytest.raises(ConfigError, match=r"was not loaded.*evokd models get tiny"):
        models.loadable(NAME)
    serve(monkeypatch, original)
    assert sha256_of(models.get(NAME)) == sha256_of(original)


def test_get_keeps_nothing_wrong(
    original: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, save_gguf(tmp_path / "other" / "tiny.gguf", rows=9))
    with pytest.raises(ConfigError, match=r"not the file it should be .*nothing was kept"):
        models.get(NAME)
    assert not (tmp_path / "cache").exists()
    kept = cache / "multilingual"
    kept.mkdir(parents=True)
    with pytest.raises(ConfigError, match="nothing was kept"):
        models.get(NAME)
    assert list(cache.iterdir()) == [kept]


def test_get_without_a_hub(original: Path, tmp_path: Path) -> None:
    """HF_HUB_OFFLINE is set for all tests."""
    with pytest.raises(ConfigError) as refused:
        models.get(NAME)
    said = str(refused.value)
    assert "can't be had from the Hugging Face hub" in said and "by hand" in said
    assert sha256_of(original) in said and str(tmp_path / "cache/evokd/models") in said
    assert not (tmp_path / "cache").exists()


def test_packages_and_unknown_names_are_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"no embedded model 'gpt'; there are smollm2-135m, qwen"):
        models.get("gpt")
    with pytest.raises(ConfigError, match="no embedded model 'minilm'"):
        models.locate("minilm")  # an encoder
    monkeypatch.setattr(models, "state_of", lambda _: ("wrong", Path("x")))
    with pytest.raises(ConfigError, match=r"comes as a package.*make setup"):
        models.get("smollm2-135m")


def test_paths(tmp_path: Path) -> None:
    file = save_gguf(tmp_path / "mine.gguf")
    assert models.loadable(str(file)) == file
    for broken, said in (
        (tmp_path / "gone.gguf", "No such file"),
        (save_gguf(tmp_path / "base.gguf", template=None), "has no chat template"),
    ):
        with pytest.raises(ConfigError, match=rf"teachers: embedded: {broken}: .*{said}"):
            models.loadable(str(broken))


def test_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's own layout: a snapshot by commit, and the branch that points at it."""
    repo = tmp_path / "hub" / "models--owner--repo"
    commit = "a" * 40
    file = save_gguf(repo / "snapshots" / commit / "sub" / "m.gguf")
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(commit, encoding="utf-8")
    cached: Any = models_cache(tmp_path / "hub")
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", cached)
    assert models.loadable("hub:owner/repo/sub/m.gguf") == file
    with pytest.raises(ConfigError) as refused:
        models.loadable("hub:owner/repo/other.gguf")
    said = str(refused.value)
    assert "hub:owner/repo/other.gguf is not in the Hugging Face cache" in said and "\n" not in said


def models_cache(folder: Path) -> Any:
    """`try_to_load_from_cache` with another folder: its default is read at import."""
    from huggingface_hub import try_to_load_from_cache

    return lambda repo, file: try_to_load_from_cache(repo, file, cache_dir=folder)
