"""Tasks that are reasoned about: rows with letters and with numbers, and reading answers."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError, DataConfig, TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.formats.reasoning import ReasoningTask
from evokd.tasks.task import Task, draw_shots, load_task

LETTERS = {"question": "Which\nswims?", "choices": {"A": "stone", "B": "fish"}, "answer": "B"}


def load(folder: Path, row: dict[str, Any], **more: Any) -> Task:
    file = folder / "rows.jsonl"
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    data = DataConfig(train=str(file), test=str(file))
    return load_task(TaskConfig(kind="reasoning", data=data, **more))


def form(answers: Any, letters: int = 3) -> ReasoningTask:
    found = ReasoningTask(TaskConfig(kind="reasoning", answers=answers, data=DataConfig()))
    if answers == "number":
        return found
    return found.fitted(["?\n" + "\n".join(f"{c}. x" for c in "ABCDE"[:letters])])


def test_a_row_with_choices_is_one_of_multiple_choice(tmp_path: Path) -> None:
    task = load(tmp_path, LETTERS)
    assert task.train[0].text == "Which swims?\nA. stone\nB. fish"
    assert (task.train[0].label, task.labels, task.metric) == ("B", ("A", "B"), "accuracy")
    assert draw_shots(task, 3, 1) == ()


@pytest.mark.parametrize(("gold", "read"), [("1,250", "1250"), ("$3.50", "3.5"), (7, "7")])
def test_a_number_is_read_as_one(gold: Any, read: str, tmp_path: Path) -> None:
    task = load(tmp_path, {"question": "How\nmany?", "answer": gold}, answers="number")
    assert (task.train[0].text, task.train[0].label, task.labels) == ("How\nmany?", read, ())


@pytest.mark.parametrize(
    ("row", "more", "said"),
    [
        ({"question": "?", "answer": "3 + 4 = 7\n#### 7"}, {"answers": "number"}, "final answer"),
        ({"question": "?", "answer": None}, {"answers": "number"}, "nothing (null)"),
        ({"question": " ", "answer": 1}, {"answers": "number"}, "an empty one"),
        ({**LETTERS, "answer": None}, {}, "nothing (null)"),
        ({**LETTERS, "answer": "C"}, {}, "a letter of the row's choices"),
        ({**LETTERS, "choices": {"2": "stone", "3": "fish"}}, {}, "the letters A, B, C"),
        ({"question": "?", "choices": ["a", "b"]}, {}, "has no column 'answer'"),
    ],
)
def test_rows_that_are_none_are_named(
    row: dict[str, Any], more: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, row, **more)
    assert said in str(refused.value)
    assert "rows.jsonl" in str(refused.value)


def test_answers_are_read_strictly_and_compared_by_their_kind() -> None:
    letter, number = form("letter"), form("number")
    question = "Which?\nA. one\nB. two\nC. three"
    found = letter.found(question, "A person thinks. The answer is B.")
    assert found is not None and found.value == "B"
    assert letter.found(question, "A person thinks about it.") is None
    assert not letter.right("A", "B")
    assert number.right("1250.0", "1,250") and not number.right("1250", "125")
    assert number.found("?", "So 12 it is. The answer is 42.") is not None


def test_an_answer_that_was_not_read_is_wrong_and_of_no_class() -> None:
    rows = [Example(str(i), "Which?\nA. x\nB. y\nC. z", gold) for i, gold in enumerate("AABB")]
    scores = form("letter").scores(rows, ["A", "", "B", "B"])
    assert scores["accuracy"] == 0.75
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)
    assert set(form("letter").report(rows, ["A", "", "B", "B"])) == {"A", "B", "C"}


def test_some_other_answer_is_another() -> None:
    rng = random.Random(1)
    assert form("letter").other("?\nA. x\nB. y", "A", rng) == "B"
    assert form("number").other("?", "7", rng) != "7"
