"""Slices of classes by a further column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import ConfigError, TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.slices import Slice, largest, named, read_slices
from evokd.tasks.task import load_task

ROWS = [
    ("who", "human", "ind"),
    ("what", "thing", None),
    ("they", "human", "gr"),
    ("it", "thing", ""),
]


def config(folder: Path) -> TaskConfig:
    for split in ("train", "test"):
        rows = [{"text": t, "label": label, "fine": fine} for t, label, fine in ROWS]
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    data = {split: str(folder / f"{split}.jsonl") for split in ("train", "test")}
    return TaskConfig.model_validate({"labels": ["human", "thing"], "data": data})


def test_rows_of_both_splits_have_theirs_and_those_without_a_value_none(tmp_path: Path) -> None:
    made = config(tmp_path)
    found = read_slices(made, load_task(made), "fine", "methods.planted.field")
    own = {"0": Slice("human", "ind"), "2": Slice("human", "gr")}
    assert found == {f"{split}-{n}": one for split in ("train", "test") for n, one in own.items()}


def test_a_slice_keeps_to_its_row_where_others_are_left_out(tmp_path: Path) -> None:
    made = config(tmp_path)
    bare = made.model_copy(update={"labels": {"human": "", "other": ""}})
    data = made.data.model_copy(update={"no_label": ("thing",)})
    found = read_slices(
        made, load_task(bare.model_copy(update={"data": data})), "fine", "methods.planted.field"
    )
    assert found["train-2"] == Slice("human", "gr")
    assert set(found) == {"train-0", "train-2", "test-0", "test-2"}


def test_a_column_that_is_not_there_is_named_with_the_field_that_asks_for_it(
    tmp_path: Path,
) -> None:
    made = config(tmp_path)
    with pytest.raises(ConfigError, match=r"no column 'coarse' \(methods.planted.field\); found"):
        read_slices(made, load_task(made), "coarse", "methods.planted.field")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", "z", None]))))
def test_the_largest_come_first_and_leave_enough_of_their_class(
    drawn: list[tuple[str, str | None]],
) -> None:
    rows = [Example(f"train-{i}", "text", label) for i, (label, _) in enumerate(drawn)]
    slices = {
        row.id: Slice(row.label, value)
        for row, (_, value) in zip(rows, drawn, strict=True)
        if value is not None
    }
    ordered = largest(rows, slices, spare=2)
    sizes = [sum(slices.get(row.id) == one for row in rows) for one in ordered]
    assert sizes == sorted(sizes, reverse=True) and all(sizes)
    for one, size in zip(ordered, sizes, strict=True):
        assert sum(row.label == one.label for row in rows) - size >= 2
    assert ordered == largest(list(reversed(rows)), slices, spare=2)


def test_a_slice_is_asked_for_by_its_value() -> None:
    ordered = [Slice("a", "x"), Slice("b", "y")]
    assert named(ordered, "y", "methods.planted.value") == Slice("b", "y")
    with pytest.raises(ConfigError, match=r"methods.planted.value: no slice 'w'.*found 'x', 'y'"):
        named(ordered, "w", "methods.planted.value")
