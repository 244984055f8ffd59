"""Configs that tests write, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from evokd.config import Config, ConfigError, load_config, parse_config

TASK: dict[str, Any] = {
    "labels": {"neg": "unhappy", "pos": "happy"},
    "data": {"train": "data/train.jsonl", "test": "data/test.jsonl"},
}


def write_config(folder: Path, **parts: Any) -> Path:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"task": TASK, **parts}), encoding="utf-8")
    return path


def complaint_of(raw: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(raw)
    return str(caught.value)


def config_with(tmp_path: Path, *overrides: str) -> Config:
    return load_config(write_config(tmp_path), overrides)
