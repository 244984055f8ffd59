"""Multiple choice: rows in every shape data have, and what is wrong with them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import ConfigError, DataConfig, TaskConfig
from evokd.tasks.formats import task_format_of
from evokd.tasks.formats.choice import LETTERS, join, read_choices, split, typed
from evokd.tasks.task import draw_shots, load_task
from tests.tasks.test_pair import line

ITEM = "Which of them swims?\nA. the stone\nB. the fish\nC. the chair"


def config(folder: Path, rows: list[Any], **more: Any) -> TaskConfig:
    text = "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows)
    (folder / "rows.jsonl").write_text(text, encoding="utf-8")
    file = str(folder / "rows.jsonl")
    data = DataConfig(train=file, test=file, **more.pop("data", {}))
    return TaskConfig(kind="choice", data=data, **more)


def row(choices: Any = None, answer: Any = "B") -> dict[str, Any]:
    choices = {"A": "the stone", "B": "the fish"} if choices is None else choices
    return {"question": "Which\nswims?", "choices": choices, "answer": answer}


@given(line, st.lists(line, min_size=2, max_size=26))
def test_split_is_the_inverse_of_join(question: str, choices: list[str]) -> None:
    assert split(join(question, choices)) == (question, tuple(choices))


@pytest.mark.parametrize(
    "choices",
    [
        {"A": "the stone", "B": "the fish"},
        {"B": "the fish", "A": "the stone"},
        {"A": "the stone", "B": "the fish", "C": None},
        {"label": ["A", "B"], "text": ["the stone", "the fish"]},
        {"label": ["B", "A"], "text": ["the fish", "the stone"]},
        ["the\nstone", "the fish"],
        {"a": "the stone", "b": "the fish"},
        {"1": "the stone", "2": "the fish"},
        {"2": "the fish", "1": "the stone"},
        {"0": "the stone", "1": "the fish"},
        {"label": [1, 2], "text": ["the stone", "the fish"]},
        {"label": ["b", "a"], "text": ["the fish", "the stone"]},
        {"A": "the stone", "B": "the fish", "1": None, "2": None},
    ],
)
def test_every_shape_of_choices_is_the_same_text(tmp_path: Path, choices: Any) -> None:
    task = load_task(config(tmp_path, [row(choices)]))
    assert task.train[0].text == "Which swims?\nA. the stone\nB. the fish"
    assert (task.train[0].label, task.labels, task.metric) == ("B", ("A", "B"), "accuracy")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (row({"A": "x"}), "choices: expected two or more choices, found 1"),
        (row([]), "expected two or more choices, found 0"),
        (row({"A": "x", "B": " "}), "choice B: expected text, found an empty one"),
        (row(["x", 7]), "choice B: expected text, found int '7'"),
        (row({"A": "x", "C": "y"}), "A, B, C… without a gap, found 'A', 'C'"),
        (row({"b": "x", "c": "y"}), "A, B, C… without a gap, found 'b', 'c'"),
        (row({"1": "x", "3": "y"}), "A, B, C… without a gap, found '1', '3'"),
        (row({"2": "x", "3": "y"}), "A, B, C… without a gap, found '2', '3'"),
        (row({"A": "x", "2": "y"}), "A, B, C… without a gap, found '2', 'A'"),
        (row({"i": "x", "ii": "y"}), "found 'i', 'ii'; .* task.data.label_map: {i: A, ii: B}"),
        (row({"a": "x", "A": "y"}), "the letter 'a' stands there twice"),
        (row({"1": "x", "2": "y"}, answer=3), r"letter .*, 'A', 'B' \(in the data '1', '2'\)"),
        (row({"label": ["A", "A"], "text": ["x", "y"]}), "the letter 'A' stands there twice"),
        (row({"label": ["A"], "text": ["x", "y"]}), "1 letters in label, 2 in text"),
        (row("A. x B. y"), "choices: expected .*, found str"),
        (
            row(answer="C"),
            "answer: expected a letter of the row's choices, 'A', 'B', found str 'C'",
        ),
        (row(answer=1), "answer: expected a letter .* found int '1'; other values can be named"),
        (row(answer=None), "answer: expected a letter .* found nothing"),
        (row(answer="AB"), "answer: expected a letter .* found str 'AB'"),
        (row(answer=""), "answer: expected a letter"),
        (
            '{"question": "q", "choices": {"A": "x", "B": "y", "B": "z"}, "answer": "A"}',
            "not valid JSON: the key 'B' stands there twice",
        ),
    ],
)
def test_a_fault_names_its_row(tmp_path: Path, bad: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=f"row 2: .*{said}"):
        load_task(config(tmp_path, [row(), bad]))


def test_more_choices_than_the_config_says(tmp_path: Path) -> None:
    three = row({"A": "x", "B": "y", "C": "z"})
    with pytest.raises(ConfigError, match=r"at most 2 choices \(task.choices\), found 3"):
        load_task(config(tmp_path, [row(), three], choices=2))


def test_rows_may_differ_in_number(tmp_path: Path) -> None:
    task = load_task(config(tmp_path, [row(), row(["x", "y", "z", "u"])]))
    assert task.labels == ("A", "B", "C", "D")


def test_the_config_may_ask_for_more_letters_than_the_data_need(tmp_path: Path) -> None:
    assert load_task(config(tmp_path, [row()], choices=5)).labels == tuple("ABCDE")


def test_shots_are_drawn_for_each_letter_that_is_ever_right(tmp_path: Path) -> None:
    rows = [row([f"x{i}", f"y{i}", f"z{i}"], "AB"[i % 2]) for i in range(6)]
    (tmp_path / "test.jsonl").write_text(json.dumps(row(["p", "q"])), encoding="utf-8")
    named = config(tmp_path, rows)
    data = named.data.model_copy(update={"test": str(tmp_path / "test.jsonl")})
    task = load_task(named.model_copy(update={"data": data}))
    assert task.labels == ("A", "B", "C")
    assert [shot.label for shot in draw_shots(task, 2, seed=1)] == ["A", "A", "B", "B"]
    with pytest.raises(ConfigError, match="class 'A' has 3 train rows"):
        draw_shots(task, 4, seed=1)


def test_numbers_can_be_named_letters(tmp_path: Path) -> None:
    named = config(tmp_path, [row(answer=1)], data={"label_map": {0: "A", 1: "B"}})
    assert load_task(named).train[0].label == "B"
    wrong = config(tmp_path, [row(answer=1)], data={"label_map": {0: "first"}})
    with pytest.raises(ConfigError, match=r"task\.data\.label_map\.0: 'first'"):
        load_task(wrong)


@pytest.mark.parametrize(
    ("choices", "answer"),
    [
        ({"1": "x", "2": "y"}, "2"),
        ({"1": "x", "2": "y"}, 2),
        ({"1": "x", "2": "y"}, 2.0),
        ({"1": "x", "2": "y"}, "B"),
        ({"0": "x", "1": "y"}, 1),
        ({"a": "x", "b": "y"}, "b"),
        ({"a": "x", "b": "y"}, "B "),
        (["x", "y"], "b"),
        ({"label": ["1", "2"], "text": ["x", "y"]}, "2"),
    ],
)
def test_the_answer_is_what_the_row_calls_it(tmp_path: Path, choices: Any, answer: Any) -> None:
    """ARC has rows with A to D and rows with 1 to 4 in one file."""
    other = {"question": "q", "choices": {"A": "u", "B": "v"}, "answer": "B"}
    task = load_task(config(tmp_path, [row(choices, answer), other]))
    assert [one.label for one in task.train] == ["B", "B"]


def test_a_number_says_nothing_of_choices_without_numbers(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"found int '1'; .* task.data.label_map: {0: A, 1: B}"):
        load_task(config(tmp_path, [row(["x", "y"], 1)]))


def test_the_map_names_choices_and_answers_alike(tmp_path: Path) -> None:
    data = {"label_map": {"i": "A", "ii": "B", "iii": "C"}}
    task = load_task(config(tmp_path, [row({"ii": "y", "i": "x"}, "ii")], data=data))
    assert (task.train[0].text, task.train[0].label) == ("Which swims?\nA. x\nB. y", "B")
    counted = {"label_map": {0: "A", 1: "B", 2: "C"}}  # from 0, where the choices count from 1
    with pytest.raises(ConfigError, match="without a gap"):
        load_task(config(tmp_path, [row({"1": "x", "2": "y"}, 0)], data=counted))


def test_a_row_without_an_answer_can_be_left_out(tmp_path: Path) -> None:
    task = load_task(config(tmp_path, [row(answer=""), row()], data={"no_label": [""]}))
    assert [one.id for one in task.train] == ["train-1"]


def test_choices_belong_to_choice_alone() -> None:
    with pytest.raises(ValueError, match="only for `kind: choice`"):
        TaskConfig(labels={"a": "", "b": ""}, choices=4, data=DataConfig())
    with pytest.raises(ValueError, match="kind choice takes none"):
        TaskConfig(kind="choice", labels={"A": "", "B": ""}, data=DataConfig())


def form(choices: int = 4) -> Any:
    return task_format_of(TaskConfig(kind="choice", choices=choices, data=DataConfig()))


def test_an_answer_is_shown_with_its_text() -> None:
    assert form().answer(ITEM, "B") == "B (the fish)"
    assert form().answer(ITEM, "D") == "D"


@pytest.mark.parametrize(
    ("text", "label", "said"),
    [
        (ITEM, "C", None),
        (ITEM, "D", "no choice has the letter D"),
        ("q\nA. the fish\nB. The  fish.", "A", "two of the choices are equal"),
        ("q\nA. 1\nB. -1", "A", None),
        ("q\nA. x\nB. ", "A", "the question or a choice is empty"),
        ("q\nA. x", "A", "1 choices, expected 2 to 4"),
        ("q\nA. 1\nB. 2\nC. 3\nD. 4\nE. 5", "A", "5 choices, expected 2 to 4"),
    ],
)
def test_faults_of_written_items(text: str, label: str, said: str | None) -> None:
    assert form().fault(text, label) == said


def test_the_part_to_say_in_other_words_is_the_question() -> None:
    before, part, after = form().cut(ITEM)
    assert (before, part) == ("", "Which of them swims?")
    assert before + part + after == ITEM


def test_a_wrong_answer_is_one_of_the_row() -> None:
    others = {form().other(ITEM, "B", random.Random(seed)) for seed in range(40)}
    assert others == {"A", "C"}


@pytest.mark.parametrize(
    "data",
    [
        ITEM,
        {"question": "Which of them swims?", "choices": ["the stone", "the fish", "the chair"]},
        "Which of them swims?\n1. the stone\n2. the fish\n3. the chair",
        "Which of them swims?\na. the stone\nb. the fish\nc. the chair",
    ],
)
def test_what_a_user_types_becomes_an_item(data: object) -> None:
    assert typed(data, "--text") == ITEM


@pytest.mark.parametrize("data", ["only a question", "q\nA. x\nC. y", {"question": "q"}, ["q"]])
def test_what_a_user_types_may_be_no_item(data: object) -> None:
    with pytest.raises(ConfigError, match="--text"):
        typed(data, "--text")


def test_there_are_letters_for_no_more_than_26() -> None:
    with pytest.raises(ConfigError, match="at most 26, found 27"):
        read_choices(["x"] * 27, "row 1")
    with pytest.raises(ValueError, match="at most 26"):
        join("q", ["x"] * 27)
    assert len(read_choices([str(n) for n in range(26)], "row 1")) == len(LETTERS)
