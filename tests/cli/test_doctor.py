from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import evokd as package
from benchmarks.startup import COMMANDS, imported
from evokd.cli import doctor
from tests.cli.conftest import Evokd

ROOT = Path(package.__file__).resolve().parents[1]


def test_says_what_is_missing(evokd: Evokd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOOKS", (doctor._dependencies, doctor._names, doctor._key))
    result = evokd("doctor")
    assert result.exit_code == 0, result.output
    assert "All is well" in result.stdout
    monkeypatch.setattr(metadata, "requires", lambda _: ["absent-thing>=1", "typer>=99"])
    result = evokd("doctor")
    assert result.exit_code == 1
    assert "absent-thing, typer" in result.stdout


def test_providers_are_for_those_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not there is a note with its command; a key is named, never shown."""

    def version(package: str) -> str:
        if package == "langchain-ollama":
            raise metadata.PackageNotFoundError
        return "1.0"

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    found = {item.what: item for item in doctor._providers()}
    ollama, claude = found["provider ollama"], found["provider anthropic"]
    assert ollama.state == "note" and ollama.text.endswith("pip install 'evokd[ollama]'")
    assert claude.state == "ok" and "ANTHROPIC_API_KEY is set" in claude.text
    assert "sk-ant-secret" not in claude.text
    assert "MISTRAL_API_KEY is not set" in found["provider mistralai"].text
    assert "provider azure" not in found  # it needs nothing more


def test_names_are_ours() -> None:
    for name in doctor.PACKAGES:
        assert doctor.name_trouble(name, ROOT, ["evokd"]) is None
    foreign = doctor.name_trouble("agents", ROOT, ["openai-agents"])
    assert foreign is not None and "pip uninstall openai-agents" in foreign
    assert doctor.name_trouble("trace", ROOT, []) is not None
    assert doctor.name_trouble("typer", ROOT, []) is not None
    assert doctor.name_trouble("no_such_package_here", ROOT, []) is not None


def test_damaged_weights_and_broken_libraries(
    evokd: Evokd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[doctor.Finding]:
        raise ImportError("no good")

    monkeypatch.setattr(doctor, "LOOKS", (broken, doctor._weights))
    monkeypatch.setattr("evokd.store.weights.sha256_of", lambda _: "0" * 64)
    monkeypatch.setattr("evokd.store.weights._verified", set())
    result = evokd("doctor")
    assert result.exit_code == 1
    assert "no good" in result.stdout and "broken, weights minilm" in result.stdout


def test_vocabulary_is_looked_for_on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    file = doctor.vocabulary_file()
    assert file is not None and file.name == "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
    assert next(doctor._vocabulary()).state == "note"
    file.write_bytes(b"x")
    assert next(doctor._vocabulary()).state == "ok"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    assert doctor.vocabulary_file() is None


@pytest.mark.parametrize("args", [["--help"], ["run", "--help"], ["trace", "--help"]])
def test_help_is_light(args: list[str]) -> None:
    assert imported(args) == []


def test_every_command_is_there(evokd: Evokd) -> None:
    out = evokd("--help").stdout
    assert all(f"\n  {name} " in out for name in COMMANDS)
    assert "..." not in out.split("Commands:")[1]


def test_output_that_is_cut_off(run_dir: Path) -> None:
    script = f"'{sys.executable}' -c 'from evokd.cli import main; main()' trace '{run_dir}'"
    done = subprocess.run(
        ["bash", "-c", f"{script} --format json | head -c 50"], capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr


def test_json_and_the_same_exit_code(evokd: Evokd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOOKS", (doctor._dependencies,))
    well = evokd("doctor", "--json")
    assert well.exit_code == 0 and json.loads(well.stdout)["in_order"] is True
    monkeypatch.setattr(metadata, "requires", lambda _: ["absent-thing>=1"])
    ill = evokd("doctor", "--json")
    document = json.loads(ill.stdout)
    assert ill.exit_code == 1 and document["in_order"] is False
    (finding,) = document["findings"]
    assert (finding["state"], finding["what"]) == ("missing", "absent-thing")
