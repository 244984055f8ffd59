"""Labels in the config: how they are written, which are refused, values that are no label."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import ConfigError, load_config, parse_config
from tests.config.written import TASK, complaint_of, config_with


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        ("[a, a]", "twice"),
        ("[{a: x}, {a: y}]", "twice"),
        ('{1: x, "1": y}', "'1' stands there twice"),
        ("{a: x, a: y}", "the key 'a' of line 1 stands again in line 1"),
        ("{yes: x, no: y}", "booleans"),
        ("[~, b]", "nothing"),
        ("['', b]", "empty"),
        ('["\\u200b", b]', "empty"),
        ("[{a: x, b: y}]", "an item of the list is no label"),
        ("[[a], b]", "an item of the list is no label"),
        ("[{name: [a]}, {name: b}]", "an item of the list is no label"),
        ('["sports ", sports]', "'sports ' and 'sports' look the same"),
        ('["new york", "new\\_york"]', r"'new york' and 'new\\xa0york' look the same"),
        ('["\\u00e9", "e\\u0301"]', r"'\\xe9' and 'e\\u0301' look the same"),
    ],
)
def test_labels_that_would_be_lost_are_refused(tmp_path: Path, labels: str, complaint: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"task: {{labels: {labels}, data: {{}}}}", encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint):
        load_config(file)


@pytest.mark.parametrize(
    "labels",
    [
        "{a: first, b: ''}",
        "[{a: first}, {b: }]",
        "[{a: first}, b]",
        "[{name: a, description: first}, {name: b}]",
    ],
)
def test_every_way_to_write_labels(tmp_path: Path, labels: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"task: {{labels: {labels}, data: {{}}}}", encoding="utf-8")
    assert load_config(file).task.labels == {"a": "first", "b": ""}


def test_a_label_may_be_called_name(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    text = "task: {kind: ner, labels: [{name: of a person}, {place: where}], data: {}}"
    file.write_text(text, encoding="utf-8")
    assert load_config(file).task.labels == {"name": "of a person", "place": "where"}


def test_names_that_differ_in_case_or_letters_are_two() -> None:
    names = ["US", "us", "Maße", "Masse", "İstanbul", "istanbul", "Ａ", "A"]
    assert list(parse_config({"task": {**TASK, "labels": names}}).task.labels) == names


def test_heads_have_names_that_can_be_told_apart() -> None:
    heads = {"topic": {"labels": ["a", "a "]}, "mood": {"labels": ["x", "y"]}}
    task = {"kind": "multi", "heads": heads, "data": {}}
    assert "task.heads.topic.labels: the labels 'a' and 'a ' look the same" in complaint_of(
        {"task": task}
    )
    korean = {"\ud55c": {"labels": ["a", "b"]}, "\u1112\u1161\u11ab": {"labels": ["x", "y"]}}
    assert "task.heads: the heads" in complaint_of({"task": {**task, "heads": korean}})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("-1", ("-1",)),
        ("[-1, -100.0, none, ~, '']", ("-1", "-100", "none", "", "")),
        ("~", ()),
    ],
)
def test_no_label_takes_values_as_people_write_them(
    tmp_path: Path, written: str, read: tuple[str, ...]
) -> None:
    assert config_with(tmp_path, f"task.data.no_label={written}").task.data.no_label == read


def test_no_label_is_no_label(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.no_label: 'neg' is a label"):
        config_with(tmp_path, "task.data.no_label=[neg]")
    with pytest.raises(ConfigError, match=r"data\.no_label: '0' is a label, or a value"):
        config_with(tmp_path, "task.data.no_label=[0]", "task.data.label_map={0: neg}")
    with pytest.raises(ConfigError, match=r"task\.data\.no_label: expected a list"):
        config_with(tmp_path, "task.data.no_label={-1: x}")
