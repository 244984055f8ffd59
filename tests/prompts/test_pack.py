from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.config.roles import ROLES
from prompts.pack import BRIEF, HERE, REPAIR, REWRITE, SUMMARY, Pack, shipped


@pytest.mark.parametrize("name", shipped())
def test_shipped_packs_load_in_every_language_they_have(name: str) -> None:
    languages = [folder.name for folder in (HERE / name).iterdir() if folder.is_dir()]
    assert {"en", "fr", "zh"} <= set(languages)
    for language in languages:
        roles = {role for role, spec in ROLES.ours.items() if spec.folder is None}
        assert set(Pack.load(name, language).hashes) == {*roles, REPAIR, BRIEF, SUMMARY, REWRITE}


def test_a_pack_of_ones_own_is_a_folder(tmp_path: Path) -> None:
    shutil.copytree(HERE / "small", tmp_path / "mine")
    pack = Pack.load(str(tmp_path / "mine"), "en")
    assert pack.templates["labeler"].name == "mine/en/labeler"


def test_a_pack_for_evokd_alone_is_refused_by_a_method_that_needs_more(tmp_path: Path) -> None:
    shutil.copytree(HERE / "small", tmp_path / "mine")
    (tmp_path / "mine" / "en" / "paraphraser.j2").unlink()
    pack = Pack.load(str(tmp_path / "mine"), "en")
    pack.require("writer")
    with pytest.raises(ConfigError, match=r"prompts\.pack: mine/en has no paraphraser\.j2"):
        pack.require("paraphraser")


def test_an_unknown_pack_names_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match=r"prompts\.pack: 'nope' is no pack.*evokd, small"):
        Pack.load("nope", "en")


def test_an_unknown_language_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"prompts\.language.*'xx'.*'en'"):
        Pack.load("small", "xx")


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("pack.yaml", "analyst: {", "not valid YAML"),
        ("pack.yaml", "description: x\n", "analyst: Field required"),
        ("en/labeler.j2", "{% call user( %}", "labeler: line 1"),
        ("en/labeler.j2", None, "labeler.j2 is missing"),
    ],
)
def test_a_broken_pack_is_refused_before_anything_is_spent(
    tmp_path: Path, file: str, text: str | None, complaint: str
) -> None:
    shutil.copytree(HERE / "small", tmp_path / "mine")
    path = tmp_path / "mine" / file
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint):
        Pack.load(str(tmp_path / "mine"), "en")


def test_the_repair_turn_quotes_no_separator() -> None:
    text = Pack.load("evokd", "en").repair("label '<|im_end|>' is unknown")
    assert "<|" not in text


def test_settings_may_differ_by_language_and_the_kind_has_the_last_word(tmp_path: Path) -> None:
    shutil.copytree(HERE / "small", tmp_path / "mine")
    file = tmp_path / "mine" / "pack.yaml"
    text = file.read_text(encoding="utf-8").split("languages:")[0].split("kinds:")[0]
    text += "languages: {zh: {labeler: {max_tokens: 5}, generator: {stop: [。]}}}\n"
    text += "kinds: {pair: {generator: {stop: [x]}}}\n"
    file.write_text(text, encoding="utf-8")
    mine = str(tmp_path / "mine")
    assert Pack.load(mine, "en").manifest.labeler.max_tokens == 16
    assert Pack.load(mine, "zh").manifest.labeler.max_tokens == 5
    assert Pack.load(mine, "zh").manifest.generator.stop == ("。",)
    assert Pack.load(mine, "zh", "pair").manifest.generator.stop == ("x",)


def test_a_pack_without_a_translator_is_refused_where_one_is_needed(tmp_path: Path) -> None:
    shutil.copytree(HERE / "evokd", tmp_path / "mine")
    file = tmp_path / "mine" / "pack.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(x for x in lines if "translator:" not in x), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"pack\.yaml of mine/en has no `translator`"):
        Pack.load(str(tmp_path / "mine"), "en").require("translator")
    (tmp_path / "mine" / "en" / "translator.j2").unlink()
    with pytest.raises(ConfigError, match=r"mine/en has no translator\.j2"):
        Pack.load(str(tmp_path / "mine"), "en").require("translator")
