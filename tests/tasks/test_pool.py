import json
from pathlib import Path
from typing import Any

import pytest
from datasets.arrow_dataset import Dataset

from evokd.config import ConfigError, TaskConfig, parse_config, resolve_paths
from evokd.tasks.pool import PoolText, untaken
from evokd.tasks.task import Task, load_task

LABELS = {"refund": "", "praise": ""}
ROWS = [{"text": f"message number {n}", "label": list(LABELS)[n % 2]} for n in range(8)]


def _write(file: Path, rows: list[dict[str, Any]]) -> str:
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(file)


def _task(folder: Path, pool: list[dict[str, Any]], **more: Any) -> Task:
    data = {
        "train": _write(folder / "train.jsonl", ROWS[:4]),
        "test": _write(folder / "test.jsonl", ROWS[4:]),
        "pool": _write(folder / "pool.jsonl", pool),
    }
    return load_task(TaskConfig.model_validate({"data": data, "labels": LABELS, **more}))


def test_only_texts_are_read(tmp_path: Path) -> None:
    task = _task(tmp_path, [{"text": "where is it?", "label": "no class at all"}, {"text": "hi"}])
    assert task.pool == (PoolText("pool-0", "where is it?"), PoolText("pool-1", "hi"))
    assert PoolText.from_json(task.pool[0].to_json()) == task.pool[0]


def test_what_equals_a_held_out_row_is_left_out_and_counted(tmp_path: Path) -> None:
    pool = [{"text": one} for one in ("new", "Message number 5!", "NEW", "message number 6")]
    task = _task(tmp_path, pool)
    assert [one.id for one in task.pool] == ["pool-0"]
    assert task.remarks[-1] == (
        "task.data.pool: 1 texts, 2 left out that equal a test or dev row, 1 left out that repeat"
        " an earlier text"
    )


def test_near_ones_stay_and_are_counted(tmp_path: Path) -> None:
    task = _task(tmp_path, [{"text": "a message number 5"}, {"text": "quite another thing"}])
    assert len(task.pool) == 2
    assert "1 are nearly a test or dev row, and stay" in task.remarks[-1]


def test_the_train_file_serves_beside_a_test_set_split_off(tmp_path: Path) -> None:
    file = _write(tmp_path / "all.jsonl", ROWS)
    config = {"data": {"train": file, "pool": file, "test_share": 0.5}, "labels": LABELS}
    task = load_task(TaskConfig.model_validate(config))
    assert {one.text for one in task.pool} == {row.text for row in task.train}


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ([], "the file is empty"),
        ([{"body": "hi"}], "has no column 'text' (task.data.text)"),
        ([{"text": "hi"}, {"text": " "}], "row 2: text: expected text, found an empty one"),
        (ROWS[4:], "each of its 4 rows equals a test or dev row"),
    ],
)
def test_bad_pools(tmp_path: Path, pool: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _task(tmp_path, pool)
    assert said in str(caught.value)
    assert "task.data.pool" in str(caught.value)


def _config(**data: Any) -> dict[str, Any]:
    return {"task": {"labels": LABELS, "data": {"train": "a.csv", "test": "b.csv", **data}}}


def test_the_test_file_is_no_pool() -> None:
    with pytest.raises(ConfigError, match=r"data\.pool: b\.csv is `data\.test` too"):
        parse_config(_config(pool="b.csv"))


def test_kinds_without_a_pool() -> None:
    raw = _config(pool="c.csv")
    raw["task"] |= {"kind": "ner"}
    said = "only for `kind` classification, multi, multilabel, pair, not ner"
    with pytest.raises(ConfigError, match=said):
        parse_config(raw)


def test_its_path_is_relative_to_the_config() -> None:
    config = resolve_paths(parse_config(_config(pool="c.csv")), Path("/somewhere"))
    assert config.task.data.pool == "/somewhere/c.csv"


def test_pairs(tmp_path: Path) -> None:
    rows = [{"premise": f"p {n}", "hypothesis": f"h {n}", "label": "refund"} for n in range(4)]
    rows[0] |= {"label": "praise"}
    data = {
        "train": _write(tmp_path / "train.jsonl", rows[:2]),
        "test": _write(tmp_path / "test.jsonl", rows[2:]),
        "pool": _write(tmp_path / "pool.jsonl", [{"premise": "a\nb", "hypothesis": "c"}]),
    }
    config = {"kind": "pair", "data": data, "labels": LABELS}
    task = load_task(TaskConfig.model_validate(config))
    assert [one.text for one in task.pool] == ["a b\nc"]


def test_a_split_of_a_hub_data_set(tmp_path: Path) -> None:
    for split, rows in {"train": ROWS[:4], "test": ROWS[4:], "rest": [{"text": "new"}]}.items():
        Dataset.from_list([{"label": "refund", **row} for row in rows]).to_parquet(
            tmp_path / f"{split}-00000-of-00001.parquet"
        )
    card = "".join(f"  - split: {one}\n    path: {one}-*\n" for one in ("train", "test", "rest"))
    (tmp_path / "README.md").write_text(
        f"---\nconfigs:\n- config_name: default\n  data_files:\n{card}---\n", encoding="utf-8"
    )
    data = {"hub": str(tmp_path), "pool": "rest"}
    task = load_task(TaskConfig.model_validate({"data": data, "labels": LABELS}))
    assert [one.text for one in task.pool] == ["new"]


def test_what_was_taken_or_is_known_is_not_offered_and_what_is_merely_alike_is() -> None:
    texts = ["One.", "Two!", "two?", "three"]
    pool = [PoolText(f"pool-{number}", text) for number, text in enumerate(texts)]
    assert untaken(pool, ()) == [0, 1, 2, 3]
    assert untaken(pool, {"pool-3"}, ["  one. "]) == [1, 2]
    assert untaken(pool, {"pool-0"}, ["threes"]) == [1, 2, 3]
