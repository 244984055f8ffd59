"""`prompts.pack: auto`: which pack is taken, that it is said, and what is warned about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config, ConfigError, parse_config
from evokd.store.events import Begun, Event, Warned
from evokd.store.run_dir import RunDir
from graph import packs
from graph.draw import mermaid
from graph.methods import method_of
from graph.packs import choose, mismatches, named, pack_of
from graph.session import resume, start
from tests.cli.tiny_run import lay_out
from tests.store.made_gguf import save_gguf

REMOTE = {"model": "gpt", "base_url": "http://127.0.0.1:9/v1"}
SCRIPTED = {"scripted": True}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Endpoints of both sizes: 64 parameters, and 640, where 400 are enough."""
    monkeypatch.setattr(packs, "ENOUGH", 400)
    return {
        name: {"embedded": str(save_gguf(tmp_path / f"{name}.gguf", rows=rows))}
        for name, rows in (("low", 2), ("high", 20))
    }


def config_of(teachers: dict[str, Any] | None = None, **parts: Any) -> Config:
    task = {"labels": ["a", "b"], "data": {"train": "a.jsonl", "test": "b.jsonl"}}
    given = {} if teachers is None else {"teachers": teachers}
    return parse_config({"task": task, **given, **parts})


def test_the_default_teacher_gets_the_small_pack() -> None:
    choice = choose(method_of(config_of()))
    assert choice.said == "pack small (auto: smollm2-135m has 0.13B parameters)"
    assert pack_of(config_of()).name == "small/en"


def test_by_size(models: dict[str, dict[str, Any]]) -> None:
    low, high = models["low"], models["high"]
    for teachers, pack in (
        ({"default": low}, "small"),
        ({"default": high}, "evokd"),
        ({"default": REMOTE}, "evokd"),
        ({"default": SCRIPTED}, "small"),
        ({"default": REMOTE, "labeler": high}, "evokd"),
        ({"default": REMOTE, "labeler": [high, low]}, "small"),
        ({"default": high, "critic": SCRIPTED}, "small"),
        ({"default": high, "writer": low}, "evokd"),  # evokd asks no writer
    ):
        choice = choose(method_of(config_of(teachers)))
        assert choice.name == pack, (teachers, choice)
        assert choice.reason.startswith("auto: ")
    both = choose(method_of(config_of({"default": REMOTE, "labeler": high})))
    assert both.reason == "auto: gpt is remote, high.gguf has 0.00B parameters"


def test_by_the_roles_of_this_graph(models: dict[str, dict[str, Any]]) -> None:
    teachers = {"default": models["high"], "critic": models["low"]}
    off = {"switches": {"critic": False}}
    assert choose(method_of(config_of(teachers))).name == "small"
    assert choose(method_of(config_of(teachers, loop=off))).name == "evokd"
    assert choose(method_of(config_of(teachers, method="zerogen"))).name == "evokd"
    nobody = choose(method_of(config_of({"default": REMOTE}, method="eda")))
    assert nobody.said == "pack small (auto: eda asks no model)"


def test_a_named_pack_is_taken(models: dict[str, dict[str, Any]]) -> None:
    config = config_of({"default": models["low"]}, prompts={"pack": "evokd"})
    settled, choice = named(config)
    assert settled == config and choice.said == "pack evokd (as the config says)"


def test_a_file_that_is_none(tmp_path: Path) -> None:
    config = config_of({"default": {"embedded": str(tmp_path / "gone.gguf")}})
    for look in (pack_of, named, mermaid):
        with pytest.raises(ConfigError, match=r"gone\.gguf: can't be read"):
            look(config)


def test_mismatches(models: dict[str, dict[str, Any]]) -> None:
    def told(teachers: dict[str, Any], pack: str, **parts: Any) -> list[str]:
        config = config_of(teachers, prompts={"pack": pack}, **parts)
        return list(mismatches(method_of(config), pack_of(config)))

    (said,) = told({"default": models["low"]}, "evokd")
    assert said.startswith("prompts.pack: evokd/en asks for JSON, low.gguf has 0.00B") and (
        "`auto` takes small" in said
    )
    assert told({"default": models["high"]}, "evokd") == []
    assert told({"default": models["low"]}, "small") == []
    (said,) = told({"default": models["low"], "labeler": REMOTE}, "small")
    assert said.startswith("teachers.labeler: small/en labels by log-prob") and "gpt" in said
    assert told({"default": models["low"], "labeler": REMOTE | {"logprobs": True}}, "small") == []
    together = {"switches": {"separate_labels": False}}
    (said,) = told({"default": REMOTE}, "small", loop=together)
    assert said == (
        "prompts.pack: small is made for models under 4e-07B parameters: one text a call, no JSON."
        " `auto` takes evokd for gpt"
    )
    assert told({"default": SCRIPTED}, "small") == []


def test_a_small_model_by_its_name() -> None:
    def told(name: str, pack: str, **parts: Any) -> list[str]:
        config = config_of({"default": REMOTE | {"model": name} | parts}, prompts={"pack": pack})
        return list(mismatches(method_of(config), pack_of(config)))

    for name, known in (("Qwen2.5-1.5B-Instruct", "1.5B"), ("qwen2.5:0.5b", "0.5B")):
        (said,) = told(name, "evokd")
        assert f"by its name {name} has {known} parameters" in said and "pack: small" in said
        assert told(name, "small", logprobs=True) == []
    for name in ("qwen2.5:7b", "gpt-4o-mini", "llama-3.1-70b-versatile", "mixtral-8x7b", "m-2024"):
        assert told(name, "evokd") == []


def run_config(folder: Path, pack: str | None) -> Config:
    """The tiny run; without a name, its pack is the default."""
    text = lay_out(folder).read_text("utf-8")
    line = "prompts: {pack: evokd}\n"
    assert line in text
    text = text.replace(line, "" if pack is None else f"prompts: {{pack: {pack}}}\n")
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    from evokd.config import load_config

    return load_config(file, ["loop.rounds=1"])


def test_a_run_names_it_and_a_resume_goes_by_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Event] = []
    assert start(run_config(tmp_path, None), tmp_path / "run", (heard.append,)).status == "done"
    first = heard[0]
    assert isinstance(first, Begun)
    assert first.prompts == "pack small (auto: a teacher is scripted)"
    run = RunDir.open(tmp_path / "run")
    assert run.config().prompts.pack == "small" and run.run()["prompts"] == first.prompts
    monkeypatch.setattr(packs, "SMALL", "evokd")  # another rule, later
    assert pack_of(run.config()).name == "small/en"
    assert resume(run.path).status == "done"


def test_a_run_warns(tmp_path: Path, models: dict[str, dict[str, Any]]) -> None:
    config = run_config(tmp_path, "small")
    warned = "teachers.labeler: small/en labels by log-probabilities"
    remote = parse_config(
        {"task": {"labels": ["a", "b"], "data": {"train": "a", "test": "b"}},
         "teachers": {"labeler": REMOTE}}
    ).teachers.of("labeler")  # fmt: skip
    teachers = config.teachers.model_copy(update={"labeler": remote})
    config = config.model_copy(update={"teachers": teachers})
    heard: list[Event] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evokd.teacher.pool.TeacherPool.check", _no_check)
        start(config, tmp_path / "run", (heard.append,))
    texts = [event.text for event in heard if isinstance(event, Warned)]
    assert any(text.startswith(warned) for text in texts)


async def _no_check(self: object) -> None:
    """Nobody answers at the address; the warning comes first."""
