"""`evokd models`: the catalogue, a path for scripts, and no hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.startup import imported
from evokd.store.models import TEACHERS, state_of
from evokd.store.weights import find
from tests.cli.conftest import Evokd


def test_list(evokd: Evokd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for command in (("models",), ("models", "list")):
        result = evokd(*command)
        assert result.exit_code == 0, result.output
        for name in TEACHERS:
            assert name in result.stdout
        assert "0.13B" in result.stdout and "1,117 MB" in result.stdout
        assert f"smollm2-135m: {find('smollm2-135m')}\n" in result.stdout
        assert result.stdout.count("missing") == 2
        assert "qwen2.5-coder-0.5b: evokd models get qwen2.5-coder-0.5b\n" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_file_is_told(
    evokd: Evokd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    name = "qwen2.5-coder-0.5b"
    _, place = state_of(name)
    assert place is not None
    place.parent.mkdir(parents=True)
    place.write_bytes(b"GGUF, but another one")
    assert "wrong" in evokd("models").stdout
    result = evokd("models", "path", name)
    assert result.exit_code == 2 and "is not the file it should be" in result.stderr
    assert result.stdout == ""


def test_path(evokd: Evokd) -> None:
    result = evokd("models", "path", "smollm2-135m")
    assert result.exit_code == 0
    assert result.stdout == f"{find('smollm2-135m')}\n"
    for command in ("path", "get"):
        result = evokd("models", command, "gpt")
        assert result.exit_code == 2
        assert "no embedded model 'gpt'; there are smollm2-135m, " in result.stderr


def test_get_without_a_hub(evokd: Evokd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = evokd("models", "get", "qwen2.5-coder-1.5b")
    assert result.exit_code == 2
    assert "can't be had from the Hugging Face hub" in result.stderr
    assert TEACHERS["qwen2.5-coder-1.5b"].sha256 in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert evokd("models", "get", "smollm2-135m").stdout == f"{find('smollm2-135m')}\n"


@pytest.mark.parametrize("command", ["list", "get", "path"])
def test_help_is_light(command: str) -> None:
    assert imported(["models", command, "--help"]) == []


def test_json_says_what_the_table_says(
    evokd: Evokd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = {one["name"]: one for one in json.loads(evokd("models", "list", "--json").stdout)}
    assert list(found) == list(TEACHERS)
    assert evokd("models", "--json").stdout == evokd("models", "list", "--json").stdout
    assert found["smollm2-135m"]["path"] == str(find("smollm2-135m"))
    missing = found["qwen2.5-coder-0.5b"]
    assert (missing["state"], missing["path"]) == ("missing", None)
    assert missing["install"] == "evokd models get qwen2.5-coder-0.5b"
