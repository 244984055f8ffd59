"""Languages in the config: tags, names, and what is said of those that are none."""

from __future__ import annotations

from typing import Any

import pytest

from evokd.config import ConfigError, parse_config
from evokd.config.languages import LANGUAGES, check_tag, language_name

TASK: dict[str, Any] = {
    "labels": ["a", "b"],
    "data": {"train": "/nowhere/train.jsonl", "test": "/nowhere/test.jsonl"},
}


@pytest.mark.parametrize(
    ("tag", "spoken", "name"),
    [
        ("fr", "en", "French"),
        ("fr", "fr", "français"),
        ("fr", "zh", "法语"),
        ("FR", "en", "French"),
        ("zh-Hant", "zh-Hans", "中文（zh-Hant）"),
        ("pt-BR", "fr-CA", "portugais (pt-BR)"),
        ("en", "de", "English"),  # a pack of one's own, in a language without names in the table
    ],
)
def test_names(tag: str, spoken: str, name: str) -> None:
    check_tag(tag)
    assert language_name(tag, spoken) == name


def test_a_name_of_ones_own_outranks_the_table() -> None:
    task = {**TASK, "language": "gsw", "language_name": "Swiss German"}
    config = parse_config({"task": task})
    assert language_name("gsw", "en", config.task.language_name) == "Swiss German"
    assert language_name("fr", "fr", "français du Québec") == "français du Québec"


@pytest.mark.parametrize("tag", ["de-1996", "sl-rozaj-biske", "zh-Hans-CN", "es-419", "fr-x-old"])
def test_tags(tag: str) -> None:
    check_tag(tag)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en_US", "did you mean 'en-US'"),
        ("French", "did you mean 'fr'"),
        ("中文", "did you mean 'zh'"),
        ("klingon", "expected a language tag"),
        ("", "expected a language tag"),
        ("fr-", "expected a language tag"),
        ("gsw", r"no name is known for the language 'gsw'.*task\.language_name"),
    ],
)
def test_what_is_no_language_names_field_and_remedy(tag: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"task\.language: .*{said}"):
        parse_config({"task": {**TASK, "language": tag}})


def test_writing_and_task_language_must_differ() -> None:
    with pytest.raises(ConfigError, match=r"`task\.language` itself"):
        parse_config({"task": {**TASK, "language": "fr"}, "loop": {"written_in": "FR"}})
    with pytest.raises(ConfigError, match=r"loop\.written_in: no name is known"):
        parse_config({"task": {**TASK, "language": "fr"}, "loop": {"written_in": "gsw"}})


def test_each_language_has_a_name_of_its_own() -> None:
    for names in zip(*LANGUAGES.values(), strict=True):
        assert len(set(names)) == len(LANGUAGES)
