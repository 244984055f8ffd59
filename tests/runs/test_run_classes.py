"""What the class balance counts, for answers that are no class name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.runs.classes import classes_of
from evokd.runs.run import Run
from evokd.tasks.spans import EntitySpan, encode

DATA = {"train": "train.jsonl", "test": "test.jsonl"}
HEADS = {
    "topic": {"labels": {"room": "the bed", "food": "dinner"}},
    "mood": {"labels": {"bad": "unhappy", "good": "happy"}},
}


def run_of(**task: Any) -> Run:
    return Run(name="one", path=Path("one"), config={"task": {"data": DATA, "shots": 1, **task}})


def test_a_class_name_stands_for_itself() -> None:
    labels, classes = classes_of(run_of(labels={"bad": "unhappy", "good": "happy"}))
    assert (list(labels), list(classes("good"))) == (["bad", "good"], ["good"])


def test_entities_count_once_for_each_type() -> None:
    text = "Ann met Bob in Rome"
    label = encode(
        text, [EntitySpan(0, 3, "Peop"), EntitySpan(8, 11, "Peop"), EntitySpan(15, 19, "Loc")]
    )
    run = run_of(
        kind="ner", language="en", domain="sentence", labels={"Loc": "a place", "Peop": "a person"}
    )
    labels, classes = classes_of(run)
    assert (list(labels), list(classes(label))) == (["Loc", "Peop"], ["Loc", "Peop"])


def test_each_head_counts() -> None:
    run = run_of(kind="multi", language="en", domain="review", heads=HEADS)
    labels, classes = classes_of(run)
    found = classes(json.dumps({"topic": "food", "mood": "good"}))
    assert set(found) < set(labels) and len(found) == 2 and len(labels) == 4


@pytest.mark.parametrize("label", ["", "{", "[1]", "null", "7", '"a"', "[[]]"])
@pytest.mark.parametrize("kind", ["ner", "multi"])
def test_a_damaged_answer_is_its_own_class(kind: str, label: str) -> None:
    task: dict[str, Any] = {"kind": kind, "language": "en", "domain": "review"}
    task |= {"heads": HEADS} if kind == "multi" else {"labels": {"Loc": "a place", "Org": "a firm"}}
    _, classes = classes_of(run_of(**task))
    assert list(classes(label)) == [label]


def test_a_config_of_another_version_is_no_obstacle() -> None:
    _, classes = classes_of(run_of(kind="multi", colour="red"))
    assert list(classes("x")) == ["x"]
