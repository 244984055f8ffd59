import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evokd.config import ConfigError, DataConfig
from evokd.tasks.loading import DataTable, Split, load_tables

GOOD = '{"text": "fine", "label": "yes"}\n{"text": "bad", "label": "no"}\n'


def _write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _tables(data: DataConfig) -> dict[Split, DataTable]:
    return load_tables(data, {"text": data.text, "label": data.label})


def _rows(table: DataTable) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.rows]


def _load(path: Path, **fields: Any) -> DataTable:
    test = Path(tempfile.mkdtemp()) / "test.jsonl"
    data = DataConfig.model_validate({"train": str(path), "test": str(test), **fields})
    _write(test, json.dumps({data.text: "t", data.label: "yes"}))
    try:
        return _tables(data)["train"]
    finally:
        shutil.rmtree(test.parent)


def _message(path: Path, **fields: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        _load(path, **fields)
    message = str(caught.value)
    assert message.startswith("task.data.train: ")
    assert path.name in message
    return message


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.jsonl", GOOD, [("fine", "yes"), ("bad", "no")]),
        ("a.ndjson", GOOD, [("fine", "yes"), ("bad", "no")]),
        (
            "a.json",
            '[{"text": "x", "label": 1},\n {"text": "y", "label": 0}]',
            [("x", 1), ("y", 0)],
        ),
        ("a.jsonl", b"\xef\xbb\xbf" + GOOD.encode(), [("fine", "yes"), ("bad", "no")]),
        ("a.jsonl", GOOD.replace("\n", "\r\n\r\n"), [("fine", "yes"), ("bad", "no")]),
        ("a.jsonl", '{"text": "a\\u2028b", "label": true}', [("a\u2028b", True)]),
        # A column of dates is text, whatever the reader makes of it.
        (
            "a.jsonl",
            '{"text": "2020-01-01", "label": "1"}\n{"text": "2020-01-02", "label": "2"}\n',
            [("2020-01-01", "1"), ("2020-01-02", "2")],
        ),
        # Mixed types and blank lines together defeat the reader; "5" must not become 5.
        (
            "a.jsonl",
            '{"text":"5","label":1}\n\n{"text":"b","label":"x"}\n{"text":"c","label":true}',
            [("5", 1), ("b", "x"), ("c", True)],
        ),
        # Other columns may hold anything, even what looks like the log of a chat agent.
        (
            "a.jsonl",
            '{"type": "user", "message": {"a": [1, {"b": 2}]}, "text": "t", "label": "x"}\n'
            '{"type": "user", "message": [2], "text": "u", "label": "x"}\n',
            [("t", "x"), ("u", "x")],
        ),
        (
            "a.csv",
            "text,label\nNA,01\nnull,1\n\n5,true\n",
            [("NA", "01"), ("null", "1"), ("5", "true")],
        ),
        ("a.csv", "n,label,text\n1,0,a\n2,1,b\n", [("a", "0"), ("b", "1")]),
        ("a.csv", 'text,label\r\n"a, ""b""\nc",x\r\n', [('a, "b"\nc', "x")]),
        ("a.csv", "\ufefftext,label\n好,是\n", [("好", "是")]),
        ("a.csv", "text,label\na\u2028b,x\n", [("a\u2028b", "x")]),
        ("a.tsv", "text\tlabel\na, b\tx\n", [("a, b", "x")]),
        ("A.CSV", "text,label\n1.0,1e3\n", [("1.0", "1e3")]),
    ],
)
def test_rows_come_as_they_stand(
    tmp_path: Path, name: str, content: str | bytes, rows: list[tuple[Any, Any]]
) -> None:
    table = _load(_write(tmp_path / name, content))
    assert _rows(table) == rows
    assert [type(label) for _, label in _rows(table)] == [type(label) for _, label in rows]


def test_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"body": ["a", "NA"], "y": pd.Categorical(["p", "q"]), "v": [[1.0], [2.0]]}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    assert _rows(_load(tmp_path / "a.parquet", text="body", label="y")) == [("a", "p"), ("NA", "q")]


def test_class_numbers_become_names(tmp_path: Path) -> None:
    from datasets.arrow_dataset import Dataset
    from datasets.features import Features

    features = Features.from_dict(
        {
            "text": {"dtype": "string", "_type": "Value"},
            "label": {"names": ["neg", "pos"], "_type": "ClassLabel"},
        }
    )
    rows = Dataset.from_dict({"text": ["a", "b", "c"], "label": [1, 0, -1]}, features=features)
    rows.to_parquet(str(tmp_path / "a.parquet"))
    # -1 is the hub's "no label"; the task refuses it with the row's number, or leaves the row out.
    assert _rows(_load(tmp_path / "a.parquet")) == [("a", "pos"), ("b", "neg"), ("c", -1)]


@pytest.mark.parametrize(("name", "between"), [("a.csv", ","), ("a.tsv", "\t")])
def test_a_field_may_be_as_long_as_it_likes(tmp_path: Path, name: str, between: str) -> None:
    long = "word " * 60_000  # csv's own limit is 131,072 characters
    rows = [["text", "label"], [long, "x"], [f'"{long}"', "y"]]
    content = "\n".join(between.join(row) for row in rows)
    table = _load(_write(tmp_path / name, content))
    assert _rows(table) == [(long, "x"), (long, "y")]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", "", ["empty"]),
        ("a.csv", "", ["empty"]),
        ("a.jsonl", "\n\n", ["no rows"]),
        ("a.csv", "text,label\n", ["no rows"]),
        ("a.jsonl", "[]", ["no rows"]),
        ("a.txt", "x", ["ends in", ".jsonl", ".csv", ".parquet"]),
        ("a.jsonl", GOOD + '{"text": "x"', ["row 3", "not valid JSON"]),
        ("a.json", "[{]", ["not valid JSON"]),
        ("a.jsonl", GOOD + "5\n", ["row 3", "expected a JSON object", "5"]),
        (
            "a.jsonl",
            '{"text": "x", "lbl": "y"}\n',
            ["no column 'label'", "task.data.label", "'lbl'"],
        ),
        ("a.csv", "txt,label\nx,y\n", ["no column 'text'", "task.data.text", "'txt'"]),
        ("a.csv", "text;label\nx;y\n", ["no column 'text'", "'text;label'"]),
        ("a.csv", "text,label\nx,y\nx, z,y\n", ["row 2", "expected 2 fields", "found 3", "quotes"]),
        ("a.csv", "text,label\nx, z,y\n", ["row 1", "expected 2 fields"]),
        ("a.csv", "text,label\nx\n", ["row 1", "expected 2 fields", "found 1"]),
        ("a.csv", 'text,label\nx,y\n"x,y\nz,y\n', ["row 2", "not valid CSV"]),
        ("a.csv", "text,text\nx,y\n", ["'text' twice"]),
        ("a.csv", b"text,label\nx\xff,y\n", ["UTF-8", "0xff", "position 12"]),
        ("a.jsonl", b'{"text": "\xff", "label": "y"}\n', ["UTF-8", "0xff"]),
        ("a.parquet", "text,label\nx,y\n", ["can't be read as parquet"]),
    ],
)
def test_bad_files(tmp_path: Path, name: str, content: str | bytes, expected: list[str]) -> None:
    message = _message(_write(tmp_path / name, content))
    for part in expected:
        assert part in message
    assert "\n" not in message


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert "no such file" in _message(tmp_path / "none.jsonl")
    _write(tmp_path / "file.csv", "x")
    assert "no such file" in _message(tmp_path / "file.csv" / "none.jsonl")
    assert "can't be read" in _message(tmp_path / ("long" * 99 + ".jsonl"))
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in _message(tmp_path / "folder.csv")


def test_parquet_without_the_column(tmp_path: Path) -> None:
    pd.DataFrame({"text": ["a"], "y": ["b"]}).to_parquet(tmp_path / "a.parquet")
    assert "no column 'label'" in _message(tmp_path / "a.parquet")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_unreadable_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", GOOD)
    path.chmod(0)
    assert "can't be read" in _message(path)


@pytest.mark.parametrize(
    "name", ["a[1].jsonl", "what?.jsonl", "x*.jsonl", "two words.jsonl", "数据.csv"]
)
def test_odd_file_names(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "[b] c?"
    folder.mkdir()
    content = "text,label\nfine,yes\n" if name.endswith("csv") else '{"text":"fine","label":"yes"}'
    _write(folder / "a1.jsonl", '{"text":"other","label":"yes"}')
    assert _rows(_load(_write(folder / name, content))) == [("fine", "yes")]


def test_the_message_names_the_split(tmp_path: Path) -> None:
    train = _write(tmp_path / "a.jsonl", GOOD)
    for split in ("dev", "test"):
        fields = {"train": str(train), "test": str(train), split: str(tmp_path / "none.csv")}
        with pytest.raises(ConfigError, match=rf"^task\.data\.{split}: .*none\.csv: no such file"):
            _tables(DataConfig.model_validate(fields))


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    path = _write(tmp_path / "a.jsonl", GOOD)
    _load(path)
    _message(_write(tmp_path / "bad.jsonl", "{"))
    assert not list(scratch.iterdir())
    assert {p.name for p in tmp_path.iterdir()} == {"a.jsonl", "bad.jsonl", "tmp"}


def test_loading_is_silent_and_restores_what_it_turns_off(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from datasets.utils.logging import get_verbosity
    from datasets.utils.tqdm import are_progress_bars_disabled

    before = get_verbosity(), are_progress_bars_disabled()
    _load(_write(tmp_path / "a.csv", "text,label\nx,y\n"))
    _message(_write(tmp_path / "bad.jsonl", "{"))
    _message(_write(tmp_path / "bad.parquet", "{"))
    assert (get_verbosity(), are_progress_bars_disabled()) == before
    out, err = capfd.readouterr()
    assert out + err == ""


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", '{"text":"one","label":"x"}')
    assert _rows(_load(path)) == [("one", "x")]
    _write(path, '{"text":"two","label":"x"}')
    assert _rows(_load(path)) == [("two", "x")]


def _count(path: str) -> int:
    tables = _tables(DataConfig(train=path, test=path))
    return len(tables["train"].rows) + len(tables["test"].rows)


def test_processes_may_read_the_same_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "text,label\n" + "x,y\n" * 500)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(_count, [str(path)] * 4)) == [1_000] * 4


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    folder = tmp_path / "reviews"
    folder.mkdir()
    pd.DataFrame({"sentence": ["a", "b", "c"], "stars": [1, 5, 5]}).to_csv(
        folder / "train.csv", index=False
    )
    pd.DataFrame({"sentence": ["d"], "stars": [1]}).to_csv(folder / "test.csv", index=False)
    return folder


def test_a_local_folder_in_hub_layout(hub: Path) -> None:
    before = sorted(hub.rglob("*"))
    tables = _tables(DataConfig(hub=str(hub), text="sentence", label="stars"))
    assert _rows(tables["train"]) == [("a", 1), ("b", 5), ("c", 5)]
    assert _rows(tables["test"]) == [("d", 1)]
    assert set(tables) == {"train", "test"}
    assert sorted(hub.rglob("*")) == before


def test_hub_features_name_the_classes_and_splits_may_be_slices(hub: Path) -> None:
    names = "".join(f"            '{i}': {name}\n" for i, name in enumerate(["none", "low", "x"]))
    (hub / "README.md").write_text(
        "---\nconfigs:\n- config_name: small\n  data_files:\n  - {split: learn, path: train.csv}\n"
        "dataset_info:\n- config_name: small\n  features:\n  - {name: sentence, dtype: string}\n"
        "  - name: stars\n    dtype:\n      class_label:\n        names:\n"
        f"{names}---\n",
        encoding="utf-8",
    )
    pd.DataFrame({"sentence": ["a", "b"], "stars": [1, 2]}).to_csv(hub / "train.csv", index=False)
    data = DataConfig(
        hub=str(hub),
        subset="small",
        train="learn[:1]",
        test="learn[1:]",
        text="sentence",
        label="stars",
    )
    tables = _tables(data)
    assert _rows(tables["train"]) == [("a", "low")]
    assert _rows(tables["test"]) == [("b", "x")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"dev": "validation"}, ["validation", "train", "test"]),
        ({"text": "body"}, ["split train", "no column 'body'", "'sentence'"]),
    ],
)
def test_bad_hub_folders(hub: Path, fields: dict[str, str], expected: list[str]) -> None:
    data = {"hub": str(hub), "text": "sentence", "label": "stars", **fields}
    with pytest.raises(ConfigError) as caught:
        _tables(DataConfig.model_validate(data))
    for part in ("task.data.hub", str(hub), *expected):
        assert part in str(caught.value)


def test_a_hub_that_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def refuse(*args: Any, **options: Any) -> None:
        asked.update(options, args=args)
        raise ConnectionError("no route to host")

    monkeypatch.setattr("datasets.load.load_dataset", refuse)
    data = DataConfig(hub="owner/name", subset="en", dev="validation")
    with pytest.raises(
        ConfigError, match=r"task\.data\.hub: owner/name \(en\): .*no route to host"
    ):
        _tables(data)
    assert asked["args"] == ("owner/name", "en")
    assert asked["split"] == ["train", "validation", "test"]
    assert asked["cache_dir"] is None  # the user's own cache: a download is worth keeping
    assert "trust_remote_code" not in asked


def test_importing_tasks_is_light() -> None:
    code = (
        "import sys, evokd.tasks.task, evokd.tasks.metrics, evokd.tasks.text\n"
        "heavy = {'datasets', 'pandas', 'sklearn', 'numpy', 'torch'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
