"""The rules against what three small models really wrote, each text labelled by reading it.

`written.jsonl`: a text as it stood in the reply (a list's item, or a line where the list was
broken), and why it is no row: `task` (it speaks of the task, the model or itself), `class` (it
names its class), `echo`, `markup`; null where it may be one, however bad.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from agents.clean.cleaner import Cleaner
from agents.clean.unwrapping import unwrapped
from evokd.config import load_config

FILE = Path(__file__).parent / "written.jsonl"
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()
]
MODELS = ("smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b")
PRECISION = (0.9, 0.95, 0.9)
RECALL = (0.75, 0.9, 0.75)


def hit(row: dict[str, Any]) -> bool:
    task = load_config(EXAMPLES / f"{row['data']}.yaml").task
    told = tuple(task.labels.values())
    cleaner = Cleaner(tuple(task.labels), "en", told, row.get("analysis"), loosely=True)
    return cleaner.fault(unwrapped(row["text"])) is not None


def test_they_are_enough_and_of_every_model() -> None:
    assert len(ROWS) >= 150 and {row["model"] for row in ROWS} == set(MODELS)
    assert {row["unclean"] for row in ROWS} == {None, "task", "class", "echo", "markup"}


@pytest.mark.parametrize(
    ("model", "precision", "recall"), list(zip(MODELS, PRECISION, RECALL, strict=True))
)
def test_precision_and_recall(model: str, precision: float, recall: float) -> None:
    counts: defaultdict[tuple[bool, bool], int] = defaultdict(int)
    for row in ROWS:
        if row["model"] == model:
            counts[hit(row), bool(row["unclean"])] += 1
    right = counts[True, True]
    assert right >= precision * (right + counts[True, False]), counts
    assert right >= recall * (right + counts[False, True]), counts
