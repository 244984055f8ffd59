"""A text and its label become the row that they would be read from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError, parse_config
from evokd.tasks.data_row import check_writable, data_row
from evokd.tasks.formats import task_format_of
from evokd.tasks.spans import EntitySpan, encode
from evokd.tasks.task import load_task

JACK = "Jack  Ruby left Dallas."
HEADS = {"topic": {"labels": ["x", "y"]}, "tone": {"labels": ["p", "q"], "column": "mood"}}
CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "classification": (
        {"labels": ["a", "b"], "data": {"text": "review", "label": "stars"}},
        "two\nlines",
        "b",
        "two\nlines",
    ),
    "pair": ({"kind": "pair", "labels": ["same", "other"]}, "the lid\nis great", "same", ""),
    "choice": ({"kind": "choice"}, "which?\nA. the lid\nB. great", "B", ""),
    "ner": (
        {"kind": "ner", "labels": ["Peop", "Loc"]},
        JACK,
        encode(JACK, [EntitySpan(0, 10, "Peop"), EntitySpan(16, 22, "Loc")]),
        "Jack Ruby left Dallas .",
    ),
    "multi": (
        {"kind": "multi", "heads": HEADS},
        "a text",
        '{"topic":"y","tone":"p"}',
        "",
    ),
    "multilabel": (
        {"kind": "multilabel", "labels": ["late", "refund"]}, "a text", '["late","refund"]', "",
    ),
    "multilabel, a column a label": (
        {"kind": "multilabel", "labels": ["late", "refund"], "data": {"label_columns": True}},
        "a text",
        '["refund"]',
        "",
    ),
    "multilabel, none": ({"kind": "multilabel", "labels": ["late", "refund"]}, "a text", "[]", ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_it_comes_back_as_it_was(tmp_path: Path, kind: str) -> None:
    task, text, label, read_as = CASES[kind]
    file = tmp_path / "rows.jsonl"
    raw = {
        "task": {**task, "data": {**task.get("data", {}), "train": str(file), "test": str(file)}}
    }
    config = parse_config(raw).task
    row = data_row(config, task_format_of(config), text, label)
    rows = [row | {"evokd": {"calls": ["x"]}}, row | {"evokd": {"calls": []}}]
    file.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    found = load_task(config)
    assert [one.text for one in found.test] == [read_as or text] * 2
    assert found.task_format.classes(found.test[0].label) == found.task_format.classes(label)
    if kind != "ner":
        assert found.test[0].label == label


def test_a_map_that_would_turn_it_is_refused() -> None:
    data = {"train": "x", "test": "y", "label_map": {"a": "b"}}
    config = parse_config({"task": {"labels": ["a", "b"], "data": data}}).task
    with pytest.raises(ConfigError, match="would be read as 'b'"):
        data_row(config, task_format_of(config), "a text", "a")


def test_a_kind_without_rows_is_named() -> None:
    raw = {"task": {"kind": "reasoning", "data": {"train": "x", "test": "y"}}, "method": "dasd"}
    with pytest.raises(ConfigError, match="rows of kind reasoning can't be written"):
        check_writable(parse_config(raw).task)
