import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evokd.config import ConfigError, DataConfig, TaskConfig, parse_config
from evokd.tasks.slices import read_slices
from evokd.tasks.task import Task, draw_shots, load_task
from evokd.tasks.text import normalise

LABELS = {"refund": "", "delivery": "", "praise": ""}


def _rows(count: int = 60) -> list[dict[str, Any]]:
    names = list(LABELS)
    return [{"text": f"message number {i}", "label": names[i % 3]} for i in range(count)]


def _write(folder: Path, rows: list[dict[str, Any]]) -> str:
    file = folder / "train.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(file)


def _task(folder: Path, rows: list[dict[str, Any]], **more: Any) -> Task:
    data = {"train": _write(folder, rows), **more.pop("data", {})}
    more.setdefault("labels", LABELS)
    return load_task(TaskConfig.model_validate({"data": data, **more}))


def test_each_class_has_its_share_on_both_sides(tmp_path: Path) -> None:
    task = _task(tmp_path, _rows())
    assert Counter(row.label for row in task.test) == dict.fromkeys(LABELS, 4)
    assert Counter(row.label for row in task.train) == dict.fromkeys(LABELS, 16)
    assert not {row.number for row in task.test} & {row.number for row in task.train}
    assert all(row.text == f"message number {row.number}" for row in (*task.train, *task.test))
    assert {row.id.split("-")[0] for row in task.test} == {"test"}
    assert len(draw_shots(task, 16, 1)) == 48
    (said,) = task.remarks
    assert "12 of 60 train rows are split off" in said and "split_seed 1" in said


def test_the_same_rows_whatever_the_order_and_the_shots(tmp_path: Path) -> None:
    rows = _rows()
    first = {row.text for row in _task(tmp_path, rows).test}
    random.Random(0).shuffle(rows)
    assert {row.text for row in _task(tmp_path, rows, shots=3).test} == first
    other = _task(tmp_path, rows, data={"split_seed": 2})
    assert {row.text for row in other.test} != first


def test_a_study_over_seeds_has_one_test_set(tmp_path: Path) -> None:
    raw = {"task": {"labels": LABELS, "data": {"train": _write(tmp_path, _rows())}}}
    tasks = [load_task(parse_config(raw | {"seed": seed}).task) for seed in (1, 2)]
    assert tasks[0].test == tasks[1].test


def test_a_file_that_grows_keeps_most_of_its_test_rows(tmp_path: Path) -> None:
    before = {row.text for row in _task(tmp_path, _rows(300)).test}
    after = {row.text for row in _task(tmp_path, _rows(330)).test}
    assert len(before & after) > 45  # of 60; a draw by place would keep about 12


@pytest.mark.parametrize("seed", range(5))
def test_equal_texts_never_stand_on_both_sides(tmp_path: Path, seed: int) -> None:
    rows = [
        {"text": text, "label": label}
        for i in range(12)
        for text, label in [
            (f"Parcel {i} is late!", "delivery"),
            (f"parcel {i}  IS LATE", "delivery"),
            (f"ｐarcel {i} is late", "refund"),  # full width, another label
            (f"thanks {i}", "praise"),
        ]
    ]
    task = _task(tmp_path, rows, data={"split_seed": seed})
    train, test = ({normalise(row.text) for row in part} for part in (task.train, task.test))
    assert test and not train & test
    assert len(train) + len(test) == 24


@pytest.mark.parametrize(("share", "count"), [(0.05, 1), (0.5, 10), (0.99, 19)])
def test_the_share_leaves_a_row_on_each_side(tmp_path: Path, share: float, count: int) -> None:
    task = _task(tmp_path, _rows(), data={"test_share": share})
    assert Counter(row.label for row in task.test) == dict.fromkeys(LABELS, count)


def test_a_class_of_one_text_stays_in_train_and_is_named(tmp_path: Path) -> None:
    rows = [*(row for row in _rows() if row["label"] != "praise")]
    rows += [{"text": "Lovely.", "label": "praise"}, {"text": "lovely", "label": "praise"}]
    task = _task(tmp_path, rows)
    assert "praise" not in {row.label for row in task.test}
    assert "no test row of 'praise'" in task.remarks[1]
    assert len(draw_shots(task, 1, 1)) == 3


def test_nothing_to_split_is_refused(tmp_path: Path) -> None:
    rows = [{"text": name, "label": name} for name in LABELS]
    with pytest.raises(ConfigError, match=r"^task\.data\.test: .*no class has two different texts"):
        _task(tmp_path, rows)


def test_entities(tmp_path: Path) -> None:
    tags = {"PER": ["B-PER", "O"], "LOC": ["O", "B-LOC"], "both": ["B-PER", "B-LOC"], "": ["O"] * 2}
    rows = [
        {"tokens": [f"Ann{i}", f"Oslo{kind}{i}"], "ner_tags": tags[kind]}
        for i in range(10)
        for kind in tags
    ]
    task = _task(tmp_path, rows, kind="ner", labels={"PER": "", "LOC": ""})
    found = Counter(task.task_format.classes(row.label) for row in task.test)
    assert found[()] == 2 and {name for one in found for name in one} == {"PER", "LOC"}
    assert len(task.test) == 8


def test_pairs(tmp_path: Path) -> None:
    rows = [
        {"premise": f"It rains in {i}.", "hypothesis": f"{name} {i}", "label": name}
        for i in range(10)
        for name in LABELS
    ]
    task = _task(tmp_path, rows, kind="pair")
    assert Counter(row.label for row in task.test) == dict.fromkeys(LABELS, 2)


def test_choices(tmp_path: Path) -> None:
    choices = {"label": ["A", "B"], "text": ["yes", "no"]}
    rows = [
        {"question": f"Is {i} odd?", "choices": choices, "answer": "AB"[i % 2]} for i in range(20)
    ]
    task = _task(tmp_path, rows, kind="choice", labels={})
    assert Counter(row.label for row in task.test) == {"A": 2, "B": 2}


def test_several_heads_are_split_by_their_rarest_class(tmp_path: Path) -> None:
    heads = {
        "topic": {"labels": dict.fromkeys(("room", "food"), "")},
        "mood": {"labels": dict.fromkeys(("good", "bad"), "")},
    }
    rows = [
        {"text": f"stay {i}", "topic": ("room", "food")[i % 2], "mood": "bad" if i < 5 else "good"}
        for i in range(50)
    ]
    task = _task(tmp_path, rows, kind="multi", labels={}, heads=heads)
    found = Counter(name for row in task.test for name in task.task_format.classes(row.label))
    assert len(task.test) == 10
    assert found["mood: bad"] == 1 and min(found["topic: room"], found["topic: food"]) >= 2


def test_numbers_have_no_classes(tmp_path: Path) -> None:
    rows = [{"question": f"{i} + 1?", "answer": i + 1} for i in range(20)]
    task = _task(tmp_path, rows, kind="reasoning", answers="number", labels={})
    assert (len(task.train), len(task.test)) == (16, 4)


def test_a_hub_data_set_without_a_test_split(tmp_path: Path) -> None:
    pd.DataFrame(_rows()).to_csv(tmp_path / "train.csv", index=False)
    config: dict[str, Any] = {"labels": LABELS, "data": {"hub": str(tmp_path)}}
    with pytest.raises(ConfigError, match=r"`task\.data\.test: null` splits one off train"):
        load_task(TaskConfig.model_validate(config))
    config["data"] = {"hub": str(tmp_path), "test": None}
    assert len(load_task(TaskConfig.model_validate(config)).test) == 12


def test_slices_of_test_rows_are_those_of_the_file(tmp_path: Path) -> None:
    rows = [row | {"fine": f"f{i}"} for i, row in enumerate(_rows())]
    config = TaskConfig.model_validate(
        {"labels": LABELS, "data": {"train": _write(tmp_path, rows)}}
    )
    task = load_task(config)
    found = read_slices(config, task, "fine", "methods.planted.field")
    assert all(found[row.id].value == f"f{row.number}" for row in (*task.train, *task.test))


def test_no_file_is_no_test_set_and_the_hub_has_a_split() -> None:
    assert DataConfig.model_validate({"train": "a.csv"}).test is None
    assert DataConfig.model_validate({"train": "a.csv", "test": "b.csv"}).test == "b.csv"
    assert DataConfig.model_validate({"hub": "owner/name"}).test == "test"


def test_a_resolved_config_says_how_and_can_be_read_again() -> None:
    for data in ({"train": "a"}, {"train": "a", "test": "b"}, {"hub": "o/n"}):
        one = DataConfig.model_validate(data)
        assert DataConfig.model_validate(one.model_dump()) == one
    assert DataConfig.model_validate({"train": "a"}).model_dump()["test_share"] == 0.2


@pytest.mark.parametrize("setting", [{"test_share": 0.3}, {"split_seed": 2}])
def test_a_setting_without_effect_is_refused(setting: dict[str, Any]) -> None:
    raw = {"task": {"labels": LABELS, "data": {"train": "a", "test": "b", **setting}}}
    with pytest.raises(ConfigError, match=rf"task\.data: `{next(iter(setting))}`"):
        parse_config(raw)
