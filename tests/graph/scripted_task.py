"""A config of any kind of task with the scripted teacher and a tiny student, in seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evokd.config import Config, load_config


def scripted_task(
    shared: Path, task: dict[str, Any], *overrides: str, split: str = "{}", rounds: int = 2
) -> Config:
    """Settings of a run over the files of a test module.

    Args:
        shared: Folder with the student and the data.
        task: Its kind and what that needs.
        overrides: As on the command line.
        split: Name of a data file, `{}` for train or test.
        rounds: Rounds of the loop.
    """
    files = {name: f"{split.format(name)}.jsonl" for name in ("train", "test")}
    raw = {
        "name": task["kind"],
        "task": {"domain": "note", "data": files, "shots": 2, **task},
        "loop": {"rounds": rounds, "n_hard": 2, "n_easy": 2, "calls_per_round": 2},
        "teachers": {"default": {"scripted": True}},
        "prompts": {"pack": "evokd"},
        "student": {
            "model": "student",
            "warm_up_epochs": 1,
            "epochs": 1,
            "max_length": 32,
            "threads": 1,
        },
        "budget": {"tokens": None},
    }
    file = shared / f"{task['kind']}.yaml"
    file.write_text(json.dumps(raw), encoding="utf-8")
    return load_config(file, overrides)
