from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from evokd.config import ConfigError
from student.causal import gguf_cache as causal_cache
from student.causal.gguf_cache import RECORD, folder_of, unpacked
from student.runtime import quiet_loading


@pytest.fixture
def reads(causal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The tiny model stands for the GGUF; what is listed are the readings of it."""
    seen: list[Path] = []

    def read(gguf: Path) -> tuple[Any, Any]:
        seen.append(gguf)
        with quiet_loading():
            model = AutoModelForCausalLM.from_pretrained(causal)
            return model, AutoTokenizer.from_pretrained(causal)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(causal_cache, "_read", read)
    monkeypatch.setattr(causal_cache, "verified", lambda _name: Path("tiny.gguf"))
    return seen


def test_it_is_unpacked_once(reads: list[Path], tmp_path: Path) -> None:
    folder, fingerprint = unpacked("smollm2-135m")
    assert folder == folder_of("smollm2-135m") and tmp_path / "cache" in folder.parents
    assert unpacked("smollm2-135m") == (folder, fingerprint)
    assert len(reads) == 1
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]  # nothing half-way


def test_a_damaged_copy_is_made_again(reads: list[Path]) -> None:
    folder, fingerprint = unpacked("smollm2-135m")
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert unpacked("smollm2-135m") == (folder, fingerprint) and len(reads) == 2
    assert (folder / "model.safetensors").read_bytes() == whole
    (folder / RECORD).write_text("{}", encoding="utf-8")
    unpacked("smollm2-135m")
    assert len(reads) == 3


def test_another_process_was_first(reads: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder stays; ours, equal, goes."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    read = causal_cache._read

    def slow(gguf: Path) -> tuple[Any, Any]:
        monkeypatch.setattr(causal_cache, "_read", read)
        monkeypatch.setattr(os, "getpid", lambda: 2)
        unpacked("smollm2-135m")
        return read(gguf)

    monkeypatch.setattr(causal_cache, "_read", slow)
    folder, _ = unpacked("smollm2-135m")
    assert len(reads) == 2
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_no_place_to_write(
    reads: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match=r"smollm2-135m can't be unpacked .*XDG_CACHE_HOME"):
        unpacked("smollm2-135m")


@pytest.mark.skipif(sys.platform != "linux", reason="skipped: other platforms have other folders")
@pytest.mark.parametrize("xdg", [None, "", "elsewhere"])
def test_the_cache_is_where_xdg_says(
    xdg: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if xdg is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", xdg and str(tmp_path / xdg))
    assert folder_of("smollm2-135m").parent == tmp_path / (xdg or ".cache") / "evokd"
