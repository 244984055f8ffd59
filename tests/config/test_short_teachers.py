"""`teachers: gpt-4o-mini`: short forms, and that nothing of them is lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from evokd.config import ConfigError, Endpoint, load_config, parse_config
from evokd.config.loading import anchored

TASK = {"labels": ["a", "b"], "data": {"train": "a.jsonl", "test": "b.jsonl"}}


def teachers(raw: Any) -> Any:
    return parse_config({"task": TASK, "teachers": raw}).teachers


@pytest.mark.parametrize(
    ("short", "endpoint"),
    [
        ("gpt-4o-mini", Endpoint(model="gpt-4o-mini")),
        ("owner/model:free", Endpoint(model="owner/model:free")),
        ("scripted", Endpoint(scripted=True)),
        ("embedded:smollm2-135m", Endpoint(embedded="smollm2-135m")),
        ("embedded:./mine/x.gguf", Endpoint(embedded="./mine/x.gguf")),
        ("mine/x.gguf", Endpoint(embedded="mine/x.gguf")),
        ("hub:o/r/x.gguf", Endpoint(embedded="hub:o/r/x.gguf")),
    ],
)
def test_a_text_is_an_endpoint(short: str, endpoint: Endpoint) -> None:
    for raw in (short, [short], {"default": short}, {"default": [short]}):
        assert teachers(raw).of("labeler") == (endpoint,)


def test_roles_and_lists() -> None:
    found = teachers({"default": "m", "labeler": ["a", {"model": "b", "temperature": 1}]})
    assert found.of("critic") == (Endpoint(model="m"),)
    assert found.of("labeler") == (Endpoint(model="a"), Endpoint(model="b", temperature=1))


def test_the_resolved_config_is_the_long_form() -> None:
    config = parse_config({"task": TASK, "teachers": "gpt-4o-mini"})
    kept = yaml.safe_load(config.to_yaml())
    assert kept["teachers"]["default"][0]["model"] == "gpt-4o-mini"
    assert parse_config(kept) == config


@pytest.mark.parametrize(
    ("short", "said"),
    [
        ("http://127.0.0.1:8000/v1", r"\{model: NAME, base_url: ADDRESS\}"),
        ("", "found an empty text"),
        ("sk-proj-0123456789abcdefghij", "looks like a key"),
        (7, "teachers"),
    ],
)
def test_what_is_no_endpoint(short: Any, said: str) -> None:
    for raw in (short, {"labeler": short}):
        with pytest.raises(ConfigError, match=said) as caught:
            teachers(raw)
        assert "teachers" in str(caught.value) and "0123456789" not in str(caught.value)


def test_set_keeps_what_a_short_form_said(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump({"task": TASK, "teachers": "m"}), encoding="utf-8")

    def loaded(*sets: str) -> Any:
        return load_config(file, sets).teachers

    found = loaded("teachers.labeler=x", "teachers.default.temperature=0.5")
    assert found.default == (Endpoint(model="m", temperature=0.5),)
    assert found.of("labeler") == (Endpoint(model="x"),)
    assert loaded("teachers=scripted").default == (Endpoint(scripted=True),)
    with pytest.raises(ConfigError, match=r"teachers.*ADDRESS"):
        loaded("teachers=http://127.0.0.1:1/v1", "teachers.labeler=x")


def test_paths_of_short_forms_are_the_config_files(tmp_path: Path) -> None:
    for raw in ("embedded:x/y.gguf", {"default": ["x/y.gguf"]}):
        made = anchored({"teachers": raw}, tmp_path)["teachers"]["default"]
        one = made[0] if isinstance(made, list) else made
        assert one == {"embedded": str(tmp_path / "x/y.gguf")}
