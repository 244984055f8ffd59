from typing import Any

import pytest

from evokd.tasks.guessing import (
    count_labels,
    guess_label,
    guess_text,
    header_fault,
    label_fault,
    label_notes,
    look_at,
    other_kind,
    text_notes,
)

NAMES = ("refund", "delivery", "praise")


def _rows(**columns: Any) -> list[dict[str, Any]]:
    """Sixty rows of a text and a label, and further columns: row number → value."""
    made = []
    for i in range(60):
        row = {"text": f"message number {i} of all", "label": NAMES[i % 3]}
        made.append(row | {name: value(i) for name, value in columns.items()})
    return made


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"id": lambda i: i},
        {"key": lambda i: f"{i:040x}"},
        {"url": lambda i: f"https://shop.example.org/tickets/2024/spring/number-{i}"},
        {"title": lambda i: f"no {i}"},
        {"greeting": lambda i: "with the kindest regards from all of us at the shop"},
        {"tags": lambda i: ["a", "b"]},
        {"empty": lambda i: None},
        {"score": lambda i: i / 7},
        {"remark": lambda i: f"a remark {i} that is much longer than the texts" if i % 2 else ""},
        {"channel": lambda i: "mail" if i % 2 else "chat"},
    ],
    ids=lambda more: next(iter(more), "alone"),
)
def test_the_columns_are_found_whatever_else_there_is(more: dict[str, Any]) -> None:
    columns = look_at(_rows(**more))
    assert guess_text(columns).name == "text"
    assert guess_label(columns, "text").name == "label"


def test_chinese_texts_have_no_spaces() -> None:
    rows = [
        {"正文": f"包裹{i}还没有到", "类别": NAMES[i % 3], "key": f"{i:040x}"} for i in range(60)
    ]
    columns = look_at(rows)
    assert guess_text(columns).name == "正文"
    assert guess_label(columns, "正文").name == "类别"


def test_of_two_columns_that_could_be_the_label_none_is_guessed() -> None:
    rows = [{"text": f"text {i}", "a": "xy"[i % 2], "b": "uvw"[i % 3]} for i in range(60)]
    guess = guess_label(look_at(rows), "text")
    assert (guess.name, guess.candidates) == (None, ("a", "b"))


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["premise", "hypothesis", "label"], "pair"),
        (["tokens", "ner_tags"], "ner"),
        (["question", "choices", "answer"], "choice"),
        (["text", "label", "tokens", "question"], None),
    ],
)
def test_columns_that_tell_of_another_kind(names: list[str], kind: str | None) -> None:
    assert other_kind(names) == kind


def test_no_texts() -> None:
    guess = guess_text(look_at([{"a": i, "b": "word"} for i in range(9)]))
    assert (guess.name, guess.candidates) == (None, ("b",))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["same"] * 60, "one value only"),
        ([f"name {i}" for i in range(60)], "60 different values in 60 rows"),
        ([i / 7 for i in range(60)], "a score, it seems"),
        ([f"n{i % 201}" for i in range(603)], "more than 200"),
        (["1", "2"] * 30, None),
        ([0.5, 1.0, 1.5] * 20, None),
    ],
)
def test_what_is_no_label(values: list[Any], said: str | None) -> None:
    (column,) = look_at([{"y": value} for value in values])
    fault = label_fault(column)
    assert fault is None if said is None else said in str(fault)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["b", "a", "b ", "a\u200b"], {"a": 2, "b": 2}),
        ([10.0, 2, "2.0", 10], {"2": 2, "10": 2}),
        ([True, False, None, float("nan"), "", "  "], {"False": 1, "True": 1}),
        (["a\nb", "a b"], {"a b": 2}),
        (["yes", "no", "null"], {"no": 1, "null": 1, "yes": 1}),
    ],
)
def test_labels_are_counted_as_the_task_reads_them(values: list[Any], names: Any) -> None:
    assert list(count_labels(values).items()) == list(names.items())


def test_what_is_said_of_labels() -> None:
    assert label_notes({"a": 30, "b": 30}, 60) == []
    assert "3 of 60 rows have no label" in label_notes({"a": 30, "b": 27}, 60)[0]
    assert "--rename 0=NAME" in label_notes({"0": 1, "1": 1}, 2)[0]
    assert "'N/A' is taken as a label" in label_notes({"N/A": 1, "b": 1}, 2)[0]
    assert "'Refund' and 'refund' are taken as 2" in label_notes({"Refund": 1, "refund": 1}, 2)[0]


def test_what_is_said_of_texts() -> None:
    assert text_notes(["one", "two"], ["a", "b"]) == []
    (said,) = text_notes(["One!", "one", "ONE", "two"], ["a", "a", "b", "b"])
    assert said.startswith("2 rows repeat the text of an earlier one, 1 of them with another label")
    assert "task.language" in text_notes(["El niño pequeño está aquí", "¿Qué tal, señor?"], "ab")[0]


@pytest.mark.parametrize(
    ("columns", "rows", "said"),
    [
        (["text;label"], [{"text;label": "a;b"}], "separated by ';'"),
        (["text\tlabel"], [{"text\tlabel": "a\tb"}], r"separated by '\t'"),
        (["Fine lamp", "good"], [{"Fine lamp": f"x {i}", "good": "good"} for i in range(9)], "row"),
        (["the lamp broke on the first day", "y"], [{"y": "a"}], "looks like a row"),
        (["text", "label"], [{"text": "a", "label": "b"}], None),
    ],
)
def test_a_first_line_that_is_no_header(
    columns: list[str], rows: list[dict[str, Any]], said: str | None
) -> None:
    fault = header_fault(columns, rows)
    assert fault is None if said is None else said in str(fault)
