"""What a shell may offer for an argument: config files, run directories, models, `--set` keys.

Called by the shell's completion alone. Whatever goes wrong there, nothing is offered.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LIMITS = ("budget.", "loop.rounds")
MOST = 500
"""Entries of a folder that are looked at."""


def config_files(incomplete: str) -> list[str]:
    """YAML files, and folders on the way to them."""
    return [shown for shown, path in _below(incomplete) if path.is_dir() or _is_yaml(shown)]


def run_directories(incomplete: str) -> list[str]:
    """Run directories, and folders on the way to them; what lies in a run is not offered."""
    found = []
    for shown, path in _below(incomplete):
        if path.is_dir():
            is_run = (path / "run.json").is_file()
            found.append(shown.removesuffix("/") if is_run else shown)
    return found


def model_names(incomplete: str) -> list[str]:
    """Embedded models of the catalogue."""
    from evokd.store.models import TEACHERS

    return [name for name in TEACHERS if name.startswith(incomplete)]


def setting_keys(incomplete: str) -> list[str]:
    """Keys of a config, each with its `=`; after it nothing is known."""
    from evokd.config.model import Config

    return [key for key in _keys(Config) if key.startswith(incomplete)]


def limit_keys(incomplete: str) -> list[str]:
    """Keys that a run which has begun may be given anew."""
    return [key for key in setting_keys(incomplete) if key.startswith(LIMITS)]


def _keys(model: Any, before: str = "") -> Iterator[str]:
    """`loop.rounds=`; a model inside stands for its fields, lists and mappings for themselves."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and hasattr(kind, "model_fields"):
            yield from _keys(kind, f"{before}{name}.")
        else:
            yield f"{before}{name}="


def _below(incomplete: str) -> Iterator[tuple[str, Path]]:
    """Entries whose path begins so, as typed; folders with a slash at their end."""
    head, _, begun = incomplete.rpartition("/")
    head = f"{head}/" if "/" in incomplete else ""
    folder = Path(os.path.expanduser(head or "."))
    try:
        names = sorted(os.listdir(folder))[:MOST]
    except OSError:
        return
    for name in names:
        if name.startswith(begun) and (begun.startswith(".") or not name.startswith(".")):
            path = folder / name
            yield f"{head}{name}{'/' if path.is_dir() else ''}", path


def _is_yaml(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))
