"""Where a student's base model is read from: embedded weights, a folder, the hub.

Embedded weights are verified by hash first, a folder is read as it is, anything else is a hub name
that is looked for in the local cache before the network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError

from evokd.config import ConfigError
from evokd.store.weights import verified

T = TypeVar("T")

UNREADABLE = (OSError, ValueError, RuntimeError, ImportError, SafetensorError)
"""What the libraries raise for a model that is missing, damaged or of an unknown kind."""


@dataclass(frozen=True)
class ModelSource:
    """Where a base model is read from."""

    name: str
    """As the config names it."""
    path: str
    """A folder, or a hub name."""
    local: bool
    """Whether `path` is a folder."""


def locate(name: str) -> ModelSource:
    """Resolve a config's `student.model`; embedded weights are verified here.

    Raises:
        ConfigError: unknown or damaged embedded weights, a path where there is no folder.
    """
    if name.startswith("embedded:"):
        return ModelSource(name, str(verified(name.removeprefix("embedded:")).parent), local=True)
    if Path(name).is_dir():
        return ModelSource(name, name, local=True)
    if name.startswith(("/", ".", "~")) or name.count("/") > 1:  # no hub name: don't ask the hub
        raise ConfigError(f"student.model: {name} is no folder")
    return ModelSource(name, name, local=False)


def read_pretrained(source: ModelSource, read: Callable[..., T], embedded: str = "minilm") -> T:
    """Call a `from_pretrained`: folders and the hub's local cache first, then the network.

    Args:
        source: What is read.
        read: The `from_pretrained`; no code that comes with a model is run.
        embedded: The embedded model of this kind, named where a hub name can't be had.

    Raises:
        ConfigError: it can't be loaded.
    """
    try:
        return read(source.path, local_files_only=True, trust_remote_code=False)
    except UNREADABLE as error:
        first = error
    if source.local:
        raise ConfigError(
            f"student.model: {source.name} can't be loaded: {_first_line(first)}"
        ) from first
    try:
        return read(source.path, local_files_only=False, trust_remote_code=False)
    except UNREADABLE as error:
        raise ConfigError(
            f"student.model: {source.name} is neither a folder nor a model that can be loaded from "
            f"the Hugging Face hub ({_first_line(error)}); `embedded:{embedded}` needs no network"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
