"""What a run began with, kept in run.json, and what of it is not so any more when it is resumed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evokd.config import Config, ConfigError
from evokd.store.fingerprint import fingerprint
from evokd.tasks.loading import POOL, SPLITS

VERSIONED = ("evokd", "langgraph", "langchain-openai", "torch", "transformers", "peft", "datasets")
SWITCH = "--changed-data"
SHOWN = 12
"""Hex digits of a hash in a message."""


def origin(config: Config) -> dict[str, Any]:
    """`versions` and `data` of run.json: SHA-256 by field of `task.data`."""
    return {"versions": _versions(), "data": _data(config)}


def refuse_other_data(run: Mapping[str, Any], config: Config, path: Path) -> None:
    """A run whose rounds saw different rows measures nothing.

    Raises:
        ConfigError: naming the files that changed since the run began.
    """
    changed = _changed_data(run, config)
    if changed:
        raise ConfigError(
            f"{'; '.join(changed)}. Put back what it was, begin a new run, or go on all the same:"
            f" `evokd resume {path} {SWITCH}`"
        )


def changes(run: Mapping[str, Any], config: Config) -> list[str]:
    """What a reader of the run should know: other data, other versions than it began with."""
    before, now = run.get("versions") or {}, _versions()
    other = [
        f"{name} {before[name]}, now {now[name]}"
        for name in VERSIONED
        if name in before and before[name] != now[name]
    ]
    versions = [f"the run began with {'; '.join(other)}"] if other else []
    return _changed_data(run, config) + versions


def _changed_data(run: Mapping[str, Any], config: Config) -> list[str]:
    """A line a file; none for runs of before, whose hashes nobody knows."""
    before = run.get("data") or {}
    return [
        f"task.data.{name}: {getattr(config.task.data, name)} has changed since the run began"
        f" (SHA-256 {before[name][:SHOWN]}…, now {now[:SHOWN]}…)"
        for name, now in _data(config).items()
        if name in before and before[name] != now
    ]


def _versions() -> dict[str, str]:
    return {name: version(name) for name in VERSIONED}


def _data(config: Config) -> dict[str, str]:
    """Of local files alone: a data set on the hub is not ours to read twice."""
    data = config.task.data
    names = ("hub",) if data.hub else (*SPLITS, POOL)
    given = {name: value for name in names if (value := getattr(data, name)) is not None}
    found = {name: fingerprint(Path(value)) for name, value in given.items()}
    return {name: sha for name, sha in found.items() if sha is not None}
