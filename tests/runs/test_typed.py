"""Rows of data of every kind of task, under the columns of the run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evokd.api.reasoning import question_of
from evokd.config import Config, ConfigError, TaskKind, parse_config
from evokd.runs.typed import Typed

PLACES = {"train": "train.jsonl", "test": "test.jsonl"}
CHOICES = {"A": "a lid", "B": "a lamp"}


def made(task: dict[str, Any], **columns: str) -> Config:
    more = {"method": "dasd"} if task["kind"] == "reasoning" else {}
    return parse_config({"task": task | {"data": PLACES | columns}, **more})


def test_pairs_and_items_by_the_names_of_their_columns() -> None:
    pair = made({"kind": "pair", "labels": ["a", "b"]}, premise="one", hypothesis="two")
    row = json.dumps({"one": "the lid", "two": "is great", "label": "a"})
    assert Typed.of("pair", pair).text(row, "text 1") == "the lid\nis great"
    usual = json.dumps({"premise": "the lid", "hypothesis": "is great"})
    assert Typed.of("pair", pair).text(usual, "text 1") == "the lid\nis great"
    item = made({"kind": "choice"}, question="stem", choices="options")
    row = json.dumps({"stem": "which?", "options": CHOICES})
    assert Typed.of("choice", item).text(row, "text 1") == "which?\nA. a lid\nB. a lamp"


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Jack Ruby left"), ("zh", "Jack Ruby left"), ("zh-TW", "去了")],
)
def test_the_words_of_a_row_are_joined_as_in_training(language: str, expected: str) -> None:
    config = made({"kind": "ner", "labels": ["Peop"], "language": language}, tokens="words")
    words = ["去", "了"] if language == "zh-TW" else ["Jack", "Ruby", "left"]
    typed = Typed.of("ner", config)
    assert typed.text(json.dumps({"words": words}), "text 1") == expected
    assert typed.text(json.dumps({"text": "Jack left"}), "text 1") == "Jack left"
    with pytest.raises(ConfigError, match="text 1: expected a text in the column 'text'"):
        typed.text(json.dumps({"words": []}), "text 1")


def test_questions() -> None:
    number = made({"kind": "reasoning", "answers": "number"}, question="problem").task
    assert question_of(number, '{"problem": "1 + 1?", "answer": 2}') == "1 + 1?"
    assert question_of(number, "1 + 1?") == "1 + 1?"
    letter = made({"kind": "reasoning"}, question="stem").task
    row = json.dumps({"stem": "which?", "choices": CHOICES})
    assert question_of(letter, row) == "which?\nA. a lid\nB. a lamp"
    with pytest.raises(ConfigError, match="question: expected a text in the column 'problem'"):
        question_of(number, '{"question": "1 + 1?"}')


@pytest.mark.parametrize("kind", ["classification", "multi", "ner"])
def test_a_text_with_a_brace_that_is_no_json(kind: TaskKind) -> None:
    for text in ("{sic} a lid", "{", '{"text": "half', "[1]", '"quoted"', "5"):
        assert Typed.of(kind, None).text(text, "text 1") == text


def test_braces_without_end_are_a_text() -> None:
    braces = '{"a":' * 100_000
    assert Typed("classification").text(braces, "--text") == braces
