"""Texts of test rows: of the very file that the run read, as its kind of task reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from evokd.runs.run import Run
from evokd.runs.test_texts import texts_of

MOODS = {"good": "praises it", "bad": "complains"}


def run_on(file: Path, told: str | None = None, **task: Any) -> Run:
    """A run that says that it read this file, or one with another hash."""
    sha = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "0"
    data = {"train": str(file), "test": str(file), **task.pop("data", {})}
    config = {"task": {"kind": "classification", "labels": MOODS, "data": data, **task}}
    return Run("r", file.parent, info={"data": {"test": told or sha}}, config=config)


def written(tmp_path: Path, name: str, content: str) -> Path:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "content", "task", "gold", "text"),
    [
        ("t.jsonl", '{"said": "Lid.", "label": "good"}\n\n{"said": "Lamp.", "label": "bad"}\n',
         {"data": {"text": "said"}}, {"test-1": "bad"}, "Lamp."),
        ("t.json", '[{"text": "Lid.", "label": "good"}]', {}, {"test-0": "good"}, "Lid."),
        ("t.csv", 'text,label\n"a, b",bad\n', {}, {"test-0": "bad"}, "a, b"),
        ("t.tsv", "text\tlabel\na\tbad\n", {}, {"test-0": "bad"}, "a"),
        ("t.jsonl", '{"premise": "P", "h": "H", "label": "good"}',
         {"kind": "pair", "data": {"hypothesis": "h"}}, {"test-0": "good"}, "P"),
        ("t.jsonl", '{"question": "Q", "choices": {"A": "a", "B": "b"}, "answer": "A"}',
         {"kind": "choice", "labels": {}, "choices": 2}, {"test-0": "A"}, "Q"),
    ],
)  # fmt: skip
def test_texts_as_the_kind_reads_them(
    tmp_path: Path, name: str, content: str, task: dict[str, Any], gold: dict[str, str], text: str
) -> None:
    found, remark = texts_of(run_on(written(tmp_path, name, content), **task), gold)
    assert remark == ""
    assert found.keys() == gold.keys() and text in next(iter(found.values()))


def test_another_file_than_the_run_read_is_never_shown(tmp_path: Path) -> None:
    file = written(tmp_path, "t.jsonl", '{"text": "secret", "label": "good"}')
    gold = {"test-0": "good"}
    found, remark = texts_of(run_on(file, told="0" * 64), gold)
    assert found == {} and "is not the file that the run read" in remark
    run = run_on(file)
    run.info = {}
    assert texts_of(run, gold)[0] == {}
    found, remark = texts_of(run_on(file), {"test-0": "bad"})
    assert found == {} and "not as it was" in remark


@pytest.mark.parametrize(
    ("name", "content", "data", "why"),
    [
        ("gone.jsonl", None, {}, "can't be read"),
        ("passwd", "root:x:0:0", {}, "can't be read"),
        ("t.jsonl", "{", {}, "can't be read"),
        ("t.jsonl", "[" * 10_000, {}, "can't be read"),
        ("t.jsonl", "", {"hub": "a/b"}, "names no local file"),
        ("t.jsonl", "", {"test": "relative.jsonl"}, "names no local file"),
    ],
)
def test_why_there_are_none(
    tmp_path: Path, name: str, content: str | None, data: dict[str, str], why: str
) -> None:
    file = tmp_path / name if content is None else written(tmp_path, name, content)
    found, remark = texts_of(run_on(file, data=data), {"test-0": "good"})
    assert found == {} and why in remark
