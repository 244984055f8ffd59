"""A small run against the fake server: invented rows, a tiny student, the pack for large models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evokd.config import Config, load_config
from tests.servers.brain import Brain
from tests.student.tiny import BAD, FILLER, GOOD, save_base

LABELS = ("negative", "positive")
BRAIN = Brain(LABELS)
KEY_NAME = "EVOKD_FAKE_KEY"
KEY = "sk-fake-0123456789abcdef"


def lay_out(folder: Path) -> Path:
    """Data and base model that every run of a test session shares."""
    save_base(folder / "student")
    rows = []
    for i in range(12):
        filler = " ".join(FILLER[(i * 5 + j) % len(FILLER)] for j in range(3 + i))
        rows.append({"text": f"{filler} {GOOD[i % 5]}", "label": "positive"})
        rows.append({"text": f"{BAD[i % 5]} {filler}", "label": "negative"})
    for name, part in (("train", rows[:12]), ("test", rows[12:])):
        lines = "".join(f"{json.dumps(row)}\n" for row in part)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def settings(shared: Path, url: str, *overrides: str) -> Config:
    """Two rounds of 2 x 4 texts; `overrides` as on the command line."""
    endpoint: dict[str, Any] = {
        "model": "fake",
        "base_url": url,
        "api_key_env": KEY_NAME,
        "timeout_s": 10,
        "concurrency": 4,
    }
    raw = {
        "name": "fake",
        "task": {
            "labels": {"negative": "an unhappy buyer", "positive": "a happy buyer"},
            "domain": "product review",
            "data": {"train": "train.jsonl", "test": "test.jsonl"},
            "shots": 2,
        },
        "loop": {"rounds": 2, "n_hard": 2, "n_easy": 2, "calls_per_round": 2},
        "teachers": {"default": endpoint},
        "prompts": {"pack": "evokd"},
        "student": {
            "model": "student",
            "warm_up_epochs": 1,
            "epochs": 1,
            "lr": 1e-3,
            "max_length": 32,
            "threads": 1,
        },
        "budget": {"tokens": None},
    }
    file = shared / "config.yaml"
    file.write_text(json.dumps(raw), encoding="utf-8")  # JSON is YAML
    return load_config(file, overrides)
