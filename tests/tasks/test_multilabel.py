"""Sets of labels: read from lists, texts and columns, refused clearly, drawn, voted on."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from evokd.config import ConfigError, DataConfig, TaskConfig
from evokd.tasks.differences import Difference
from evokd.tasks.formats.multilabel import MultiLabelTask
from evokd.tasks.label_sets import changed, decode, encode, majority, words
from evokd.tasks.task import Task, draw_shots, load_task

LABELS = ("late", "refund", "damaged")


def form(**data: Any) -> MultiLabelTask:
    return MultiLabelTask(
        TaskConfig(kind="multilabel", labels=dict.fromkeys(LABELS, ""), data=DataConfig(**data))
    )


def label(*names: str) -> str:
    return encode(names, LABELS)


def load(folder: Path, rows: list[dict[str, Any]], **data: Any) -> Task:
    file = folder / "rows.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    named = {"train": str(file), "test": str(file), **data}
    raw = {"kind": "multilabel", "labels": list(LABELS), "data": named}
    return load_task(TaskConfig.model_validate(raw))


def test_a_label_is_a_list_in_the_order_of_the_config() -> None:
    made = form()
    text, found = made.read({"text": "x y", "label": ["damaged", "late"]}, "f: row 1")
    assert (text, found) == ("x y", '["late","damaged"]')
    assert made.classes(found) == ("late", "damaged")
    assert made.words(found) == "late + damaged"
    assert made.read({"text": "x", "label": []}, "o")[1] == "[]"
    assert made.words("[]") == "no label" and made.classes("[]") == ()


@pytest.mark.parametrize(
    ("data", "value", "names"),
    [
        ({"separator": "|"}, "late| refund ", ("late", "refund")),
        ({"separator": "|"}, " ", ()),
        ({}, '["late", "refund"]', ("late", "refund")),
        ({}, "[]", ()),
        # two values of the data that stand for one label
        ({"label_map": {"0": "late", "1": "late"}}, [0, 1], ("late",)),
    ],
)
def test_what_a_column_may_hold(data: dict[str, Any], value: Any, names: tuple[str, ...]) -> None:
    assert form(**data).read({"text": "x", "label": value}, "o")[1] == label(*names)


@pytest.mark.parametrize(
    ("data", "value", "said"),
    [
        ({}, "late,refund", r"f: row 2: label: expected a list of labels.*task.data.separator"),
        ({}, 3, "expected a list of labels, found int '3'"),
        ({}, None, r"found nothing \(null\); a row that has none.*no_label: \[null\]"),
        ({}, ["late", "lost"], r"'lost' is not in task.labels; expected 'late'"),
        ({}, ["late", "late"], "the label 'late' stands there twice"),
        ({}, ["late", ["refund"]], r"expected a label \(text, number or boolean\), found list"),
        ({}, "['late']", "expected a JSON list of labels"),
        ({"separator": ","}, "late,,refund", "'' is not in task.labels"),
    ],
)
def test_what_is_wrong_in_a_row_is_named(data: dict[str, Any], value: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        form(**data).read({"text": "x", "label": value}, "f: row 2")


def test_each_label_may_have_a_column_of_its_own(tmp_path: Path) -> None:
    rows = [
        {"text": "a", "late": 1, "refund": 0, "broken": 1},
        {"text": "b", "late": 0, "refund": 0, "broken": 0},
    ]
    task = load(tmp_path, rows, label_columns=True, label_map={"broken": "damaged"})
    assert [row.label for row in task.train] == [label("late", "damaged"), "[]"]
    rows[1]["refund"] = 2
    with pytest.raises(ConfigError, match=r"row 2: refund: expected 1 or 0"):
        load(tmp_path, rows, label_columns=True, label_map={"broken": "damaged"})
    with pytest.raises(ConfigError, match=r"no column 'damaged' \(task.data.label_columns.damaged"):
        load(tmp_path, rows, label_columns=True)


def test_columns_of_a_csv_file_are_read_as_text(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,late,refund,damaged\na,1,0,true\nb,,0,False\n", encoding="utf-8")
    data = {"train": str(file), "test": str(file), "label_columns": True}
    raw = {"kind": "multilabel", "labels": list(LABELS), "data": data}
    task = load_task(TaskConfig.model_validate(raw))
    assert [row.label for row in task.train] == [label("late", "damaged"), "[]"]


def test_lists_of_class_numbers_on_the_hub_are_named(tmp_path: Path) -> None:
    from datasets.arrow_dataset import Dataset
    from datasets.features import Features

    listed = {
        "text": {"dtype": "string", "_type": "Value"},
        "labels": {
            "feature": {"names": ["refund", "late"], "_type": "ClassLabel"},
            "_type": "List",
        },
    }
    rows = {"text": ["a", "b"], "labels": [[1, 0], []]}
    made = Dataset.from_dict(rows, features=Features.from_dict(listed))
    (tmp_path / "data").mkdir()
    for split in ("train", "test"):
        made.to_parquet(str(tmp_path / "data" / f"{split}-00000-of-00001.parquet"))
    data = {"hub": str(tmp_path), "label": "labels"}
    raw = {"kind": "multilabel", "labels": list(LABELS), "data": data}
    task = load_task(TaskConfig.model_validate(raw))
    assert [row.label for row in task.test] == [label("late", "refund"), "[]"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"data": {"separator": "|", "label_columns": True}}, "task.data.separator: with"),
        ({"labels": ["late + refund", "b"]}, "task.labels: 'late"),
        ({"labels": ["no label", "b"]}, "task.labels: 'no label'"),
        ({"labels": ["a|b", "b"], "data": {"separator": "|"}}, "is a part of the label 'a|b'"),
        (
            {"data": {"label_columns": True, "label_map": {"x": "late", "y": "late"}}},
            "two stand for one: 'x', 'y'",
        ),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(raw: dict[str, Any], said: str) -> None:
    config = TaskConfig.model_validate(
        {"kind": "multilabel", "labels": list(LABELS), "data": {}} | raw
    )
    with pytest.raises(ConfigError) as refused:
        MultiLabelTask(config)
    assert said in str(refused.value)


@pytest.mark.parametrize("key", [{"separator": ","}, {"label_columns": True}])
def test_other_kinds_take_no_sets(key: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="only for `kind: multilabel`"):
        TaskConfig.model_validate({"labels": ["a", "b"], "data": key})


def test_rows_that_nobody_labelled_are_left_out(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "a", "label": ["late"]},
        {"text": "b", "label": None},
        {"text": "c", "label": []},
    ]
    task = load(tmp_path, rows, no_label=[None])
    assert [row.id for row in task.train] == ["train-0", "train-2"]


def test_shots_serve_every_label_and_rows_without_any(tmp_path: Path) -> None:
    sets = [["late"], ["refund"], ["damaged"], ["late", "refund"], [], []]
    rows = [{"text": f"text {i}", "label": sets[i % 6]} for i in range(24)]
    test = tmp_path / "test.jsonl"
    test.write_text('{"text": "other", "label": []}\n', encoding="utf-8")
    task = load(tmp_path, rows, test=str(test))
    for k in (1, 2):
        drawn = draw_shots(task, k, seed=1)
        assert len(drawn) == 4 * k
        assert sum(row.label == "[]" for row in drawn) == k
        for name in LABELS:
            assert sum(name in decode(row.label) for row in drawn) >= k


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([("late",)], ("late",)),
        ([()], ()),
        ([], None),
        ([("late",), ()], None),
        # three slips, each another: as whole answers a tie, name by name nobody is right alone
        ([("late",), ("late", "refund"), ("refund",)], ("late", "refund")),
        ([("late",), ("refund",), ("damaged",)], ()),
        ([("late", "refund"), ("late",), ("late",), ("late", "refund")], None),
    ],
)
def test_the_majority_is_that_of_each_label(
    votes: list[tuple[str, ...]], expected: tuple[str, ...] | None
) -> None:
    found = majority([label(*vote) for vote in votes], LABELS)
    assert found == (None if expected is None else label(*expected))


def test_differences_are_labels_missed_and_labels_too_many() -> None:
    found = form().differences("x", label("late", "refund"), label("refund", "damaged"))
    assert found == (Difference("missed", "late", ""), Difference("extra", "", "damaged"))
    assert [one.words for one in found] == ["missed: late", "extra: damaged"]


def test_what_a_person_types_must_be_written_as_files_have_it() -> None:
    made = form()
    assert made.fault("x", label("late", "damaged")) is None
    assert "in the order of the config" in str(made.fault("x", '["damaged","late"]'))
    assert "not in labels: ['lost']" in str(made.fault("x", '["lost"]'))
    assert "expected a JSON list" in str(made.fault("x", '"late"'))


def test_a_wrong_set_differs_in_one_label() -> None:
    for seed in range(20):
        other = form().other("x", label("late"), random.Random(seed))
        assert len({*decode(other)} ^ {"late"}) == 1


def test_what_is_overruled_changes_other_answers_name_by_name() -> None:
    found = changed(label("late"), label("late", "refund"), label("refund", "damaged"), LABELS)
    assert found == label("damaged")


def test_an_unreadable_label_is_an_error() -> None:
    for bad in ("{}", "[1]", "late", ""):
        with pytest.raises(ValueError, match=r"JSON|Expecting"):
            decode(bad)
    assert words(label("late", "refund")) == "late + refund"
