import json
from pathlib import Path

from evokd.config import TaskConfig
from evokd.tasks.task import load_task

LABELS = {"refund": "TODO: what belongs here", "praise": "the customer is happy", "other": ""}


def _file(folder: Path) -> str:
    rows = [
        {"text": f"{name} {i}", "label": name, "mood": "good"} for name in LABELS for i in range(4)
    ]
    file = folder / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(file)


def test_a_todo_stands_for_no_description_and_is_said(tmp_path: Path) -> None:
    file = _file(tmp_path)
    data = {"train": file, "test": file}
    task = load_task(TaskConfig.model_validate({"labels": LABELS, "data": data}))
    assert task.descriptions == {"refund": "", "praise": "the customer is happy", "other": ""}
    assert [line.partition(" still")[0] for line in task.remarks] == ["task.labels: 'refund'"]


def test_of_several_heads(tmp_path: Path) -> None:
    file = _file(tmp_path)
    heads = {"label": {"labels": LABELS}, "mood": {"labels": {"good": "TODO", "bad": "unhappy"}}}
    raw = {"kind": "multi", "heads": heads, "data": {"train": file, "test": file}}
    task = load_task(TaskConfig.model_validate(raw))
    assert not any("TODO" in line for line in task.descriptions.values())
    assert "'label: refund', 'mood: good' still" in task.remarks[0]
