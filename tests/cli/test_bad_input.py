"""Every bad input ends with exit code 2 and one message that names the field; no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Evokd
from tests.store.made_gguf import save_gguf

SECRET = "sk-not-a-real-key-0123456789"


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("loop.round=3", "loop.round: unknown field"),
        ("nothing=3", "nothing: unknown field"),
        ("loop.n_hard=many", "loop.n_hard"),
        ("task.labels=[negative]", "task.labels"),
        ("task.shots=50", "task.shots"),
        ("task.data.text=body", "task.data.text"),
        ("task.data.train=absent.jsonl", "task.data.train"),
        ("task.labels={negative: x, good: y}", "task.labels"),
        ("budget.tokens=0", "budget.tokens"),
        ("budget.usd=1", "budget.usd"),
        ("prompts.pack=unheard_of", "prompts.pack"),
        ("prompts.pack=./absent", "prompts.pack"),
        ("teachers.default={model: gpt-4o-mini}", "OPENAI_API_KEY"),
        (
            "teachers.default={model: m, base_url: 'http://127.0.0.1:9/v1'}",
            "nobody answers at http://127.0.0.1:9/v1",
        ),
        ("teachers.default={model: m, scripted: true}", "teachers.default"),
        ("student.model=./absent", "student.model"),
        ("no-equals-sign", "--set: expected a.b=value"),
    ],
)
def test_run_refuses(
    evokd: Evokd, config: Path, tmp_path: Path, override: str, named: str,
) -> None:  # fmt: skip
    result = evokd("run", config, "--set", override, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert named in result.stderr
    assert "Traceback" not in result.output


def test_texts_beyond_the_positions_of_the_student(
    evokd: Evokd, config: Path, tmp_path: Path
) -> None:
    """The tokenizer doesn't say so, and the method would pay for paraphrases first."""
    file = config.parent / "base" / "tokenizer_config.json"
    named = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**named, "model_max_length": 10**30}), encoding="utf-8")
    out = tmp_path / "out"
    changes = ("--set", "method=auggpt", "--set", "student.max_length=65")
    result = evokd("run", config, *changes, "--out", out)
    assert result.exit_code == 2, result.output
    assert "student.max_length: " in result.stderr
    assert "takes at most 64 tokens, got 65" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize("content", ["", "- a\n", "a: [", "name: x\n", "\xff\xfe"])
def test_broken_config(evokd: Evokd, tmp_path: Path, content: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(content.encode("latin-1"))
    for command in ("run", "plan", "graph"):
        result = evokd(command, file)
        assert result.exit_code == 2, (command, result.output)
        assert "c.yaml" in result.stderr


def test_no_config(evokd: Evokd, tmp_path: Path) -> None:
    result = evokd("run", tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "none.yaml: no such file" in result.stderr


def test_unknown_option_and_command(evokd: Evokd, config: Path) -> None:
    assert evokd("run", config, "--nothing").exit_code == 2
    assert evokd("walk").exit_code == 2
    assert evokd("graph", config, "--format", "png").exit_code == 2


@pytest.mark.parametrize(
    "args", [("tokens",), ("trace",), ("resume",), ("predict", "--text", "a word")]
)
def test_folder_that_is_no_run(evokd: Evokd, tmp_path: Path, args: tuple[str, ...]) -> None:
    command, *rest = args
    for folder in (tmp_path, tmp_path / "absent"):
        result = evokd(command, folder, *rest)
        assert result.exit_code == 2, result.output
        assert str(folder) in result.stderr


def test_broken_template(evokd: Evokd, config: Path, tmp_path: Path) -> None:
    import shutil

    import prompts

    pack = Path(shutil.copytree(Path(prompts.__file__).parent / "evokd", tmp_path / "pack"))
    (pack / "en" / "analyst.j2").write_text(
        "{% call user() %}{{ wrong }} {{ unheard_of }}{% endcall %}", encoding="utf-8"
    )
    result = evokd("plan", config, "--set", f"prompts.pack={pack}")
    assert result.exit_code == 2, result.output
    assert "unheard_of" in result.stderr


def test_keys_never_show(
    evokd: Evokd, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_KEY", SECRET)
    endpoint = {
        "model": "m",
        "base_url": f"http://127.0.0.1:9/{SECRET}",
        "api_key_env": "MY_API_KEY",
    }
    override = f"teachers.default={json.dumps(endpoint)}"
    for command in ("run", "plan"):
        out = ("--out", tmp_path / "out") if command == "run" else ()
        result = evokd(command, config, "--set", override, *out)
        assert SECRET not in result.output
    assert SECRET not in evokd("doctor").output
    result = evokd("run", config, "--set", f"teachers.default.api_key={SECRET}")
    assert result.exit_code == 2
    assert SECRET not in result.output


@pytest.mark.parametrize("pack", ["auto", "small"])
@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("qwen", "no embedded model 'qwen'"),
        ("minilm", "no embedded model 'minilm'"),
        ("absent.gguf", "absent.gguf: can't be read"),
        ("none.gguf", "none.gguf: is no GGUF"),
        ("cut.gguf", "cut.gguf: is a GGUF that is cut off or damaged"),
        ("base.gguf", "base.gguf: has no chat template"),
        ("short.gguf", "server.context"),
        ("unknown.gguf", "llama.cpp can't load it"),
        ("hub:owner/repo/file.gguf", "hub:owner/repo/file.gguf is not in the Hugging Face cache"),
        ("hub:owner/file.gguf", "expected hub:owner/repo/file.gguf"),
    ],
)
def test_models_that_can_not_teach(
    evokd: Evokd, config: Path, tmp_path: Path, model: str, named: str, pack: str
) -> None:
    folder = config.parent
    whole = save_gguf(folder / "unknown.gguf").read_bytes()
    (folder / "none.gguf").write_bytes(b"PK\x03\x04" + whole)
    (folder / "cut.gguf").write_bytes(whole[:-200])
    save_gguf(folder / "base.gguf", template=None)
    save_gguf(folder / "short.gguf", context=512)
    sets = (f"teachers.default={{embedded: '{model}'}}", f"prompts.pack={pack}")
    options = [part for item in sets for part in ("--set", item)]
    result = evokd("run", config, *options, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert named in " ".join(result.stderr.split())
    assert result.stderr.count("evokd: ") == 1 and "Traceback" not in result.output
    assert not (tmp_path / "out").exists()
    if "llama" not in named:  # which is asked when the run begins
        assert evokd("plan", config, *options).exit_code == 2
