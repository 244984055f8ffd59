"""What makes two cells the same: a hash of what the run depends on, wherever its files lie.

Into it goes every field of the run config that differs from its default, with paths replaced by
the SHA-256 of what lies there. So a moved repository, another name for a task or variant, and a
new field with a default change nothing; other rows in a data file do. Left out are the run's name
and what the method does not depend on: a budget changes nothing for a method that spends no tokens.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from evokd.config import Config
from evokd.store.weights import sha256_of
from graph.methods import METHODS, sections

LENGTH = 12
"""Hex digits of an id."""


def cell_id(config: Config) -> str:
    """The id of the cell that a resolved config describes."""
    document = config.model_dump(mode="json", exclude_defaults=True)
    document.pop("name", None)
    document["method"], document["seed"] = config.method, config.seed
    document |= sections(config, changed_only=True)
    indifferent = METHODS[config.method].indifferent
    if "shots" in indifferent:
        document["task"].pop("shots", None)
    if "budget" in indifferent and "budget" in document:
        document["budget"].pop("tokens", None)
    hashed = _contents(document)
    text = json.dumps(hashed, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _contents(value: Any) -> Any:
    """The document with absolute paths replaced by hashes."""
    if isinstance(value, dict):
        kept = {key: _contents(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item != {}}
    if isinstance(value, list):
        return [_contents(item) for item in value]
    if isinstance(value, str) and value.startswith("/") and "\n" not in value:
        return fingerprint(value)
    return value


def fingerprint(path: str) -> str:
    """SHA-256 of a file, or of all files in a folder; the text as it is where there is neither."""
    here = Path(path)
    if here.is_file():
        return _sha256(here, here.stat().st_mtime_ns)
    if not here.is_dir():
        return path  # no path, after all: a directive such as /no_think
    whole = hashlib.sha256()
    for file in sorted(here.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            content = _sha256(file, file.stat().st_mtime_ns)
            whole.update(f"{file.relative_to(here)}\0{content}\n".encode())
    return whole.hexdigest()


@functools.cache
def _sha256(path: Path, _changed_ns: int) -> str:
    """Once a file and process; again when it changed meanwhile."""
    return sha256_of(path)
