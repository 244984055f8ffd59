"""The form of a writer's reply: the pack's or the config's; the prompt asks for what is read."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from evokd.config import Config, ConfigError, Form, TaskKind, parse_config
from graph.methods import method_of
from prompts.pack import HERE, Pack
from tests.prompts.test_languages import channels

SAYS = {"en": "numbered list", "fr": "liste numérotée", "zh": "编号列表"}
WRITERS = ("easy_generator", "hard_generator", "writer", "paraphraser")


def asked(pack: Pack, role: str) -> str:
    """The last paragraph of a prompt."""
    variables: dict[str, Any] = {
        "kind": "classification",
        "labels": ("x", "y"),
        "hidden": 0,
        "heads": {"h": ("x",), "g": ("y",)},
        "descriptions": dict.fromkeys(("x", "y", "h: x", "g: y"), ""),
        "domain": "review",
        "language": "English",
        "foreign": False,
        "directive": None,
        "n": 4,
        "target": "x",
        "analysis": None,
        "examples": ["a text"] if role in ("writer", "paraphraser") else [],
        "rejected": [],
        "with_label": False,
        "opening": "",
        "turn": 0,
        **channels(("x", "y"), on=False, hard=role == "hard_generator"),
    }
    return pack.prompt(role, variables).messages[-1].content


@pytest.mark.parametrize("language", sorted(SAYS))
@pytest.mark.parametrize("kind", ["classification", "multi", "ner"])
@pytest.mark.parametrize("role", WRITERS)
def test_the_prompt_asks_for_what_is_read(language: str, kind: TaskKind, role: str) -> None:
    if (kind, role) == ("ner", "writer"):
        return  # it names entities, for which a line has no place
    last = {
        form: asked(Pack.load("evokd", language, kind, {"generator": form}), role)
        for form in ("json", "lines", "line")
    }
    assert SAYS[language] in last["lines"] and "1. ..." in last["lines"]
    assert '{"texts"' in last["json"] and SAYS[language] not in last["json"]
    for form in ("lines", "line"):
        assert "{" not in last[form]
    assert len(set(last.values())) == 3
    assert asked(Pack.load("evokd", language, kind), role) == last["json"]


def config(**changes: Any) -> Config:
    task = {"labels": {"x": "", "y": ""}, "data": {}, **changes.pop("task", {})}
    prompts = {"pack": "evokd", "forms": {"generator": "lines"}, **changes.pop("prompts", {})}
    return parse_config({"task": task, "prompts": prompts, **changes})


def test_the_config_has_the_last_word() -> None:
    pack = Pack.of(config())
    assert pack.manifest.generator.reply == "lines"
    assert Pack.of(config(prompts={"forms": {}})).manifest.generator.reply == "json"
    one = Pack.of(config(prompts={"forms": {"generator": "line"}})).manifest.generator
    assert (one.reply, one.texts_per_call) == ("line", 1)


def test_a_pack_sets_the_form_by_kind_and_language(tmp_path: Path) -> None:
    shutil.copytree(HERE / "evokd", tmp_path / "mine")
    file = tmp_path / "mine" / "pack.yaml"
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    said["languages"]["zh"]["generator"] = {"reply": "lines"}
    file.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    mine = str(tmp_path / "mine")
    assert Pack.load(mine, "en").manifest.generator.reply == "json"
    assert Pack.load(mine, "zh").manifest.generator.reply == "lines"
    with pytest.raises(ConfigError, match=r"task\.kind pair has several parts"):
        Pack.load(mine, "zh", "pair")


@pytest.mark.parametrize("kind", ["pair", "choice"])
def test_texts_with_parts_have_no_lines(kind: TaskKind) -> None:
    with pytest.raises(ConfigError, match=rf"prompts\.forms.*task\.kind {kind}"):
        Pack.load("evokd", "en", kind, {"generator": "lines"})


@pytest.mark.parametrize(
    ("pack", "form"), [("small", "json"), ("small", "lines"), ("evokd", "line")]
)
def test_templates_that_ask_for_one_form_alone_are_not_forced(pack: str, form: Form) -> None:
    kind: TaskKind = "pair" if pack == "evokd" else "classification"
    with pytest.raises(ConfigError, match=r"prompts\.forms: generator: .*asks for one form"):
        Pack.load(pack, "en", kind, {"generator": form}).require("hard_generator")


def test_lines_have_no_place_for_labels() -> None:
    given = config(loop={"switches": {"separate_labels": False}})
    with pytest.raises(ConfigError, match=r"prompts\.forms.*separate_labels"):
        method_of(given).check(None, Pack.of(given))  # type: ignore[arg-type]
    entities = config(task={"kind": "ner"}, method="zerogen")
    with pytest.raises(ConfigError, match=r"prompts\.forms"):
        method_of(entities).check(None, Pack.of(entities))  # type: ignore[arg-type]


def test_an_unknown_form_or_role_is_refused() -> None:
    for forms in ({"generator": "xml"}, {"labeler": "lines"}):
        with pytest.raises(ConfigError, match=r"prompts\.forms"):
            config(prompts={"forms": forms})
