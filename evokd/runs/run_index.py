"""The runs and studies below a folder, by name. What is not in it is never opened."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

DEEP = 6
"""Folders between the one that is looked through and a run's."""
MOST_FOLDERS = 20_000
FRESH_S = 2.0
"""A folder that was looked through so lately is not looked through again."""
_RUN = frozenset({"run.json", "events.sqlite", "ledger.sqlite"})
"""Any of these makes a folder a run, so that a half-written one is one, too."""
_STUDY = frozenset({"study.yaml", "cells.jsonl"})


@dataclass
class IndexedRuns:
    """What one look found: name (the path below the folder) → folder."""

    runs: dict[str, Path] = field(default_factory=dict)
    studies: dict[str, Path] = field(default_factory=dict)
    looked: int = 0
    """Folders looked into."""

    @property
    def partly(self) -> bool:
        """Whether the folder is so large that the look was ended."""
        return self.looked >= MOST_FOLDERS


class RunIndex:
    """Looks through the folder now and then; links are not followed."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._found: IndexedRuns | None = None
        self._at = 0.0
        self._lock = threading.Lock()

    def look(self) -> IndexedRuns:
        """Runs and studies as of now, or of a moment ago."""
        with self._lock:
            if self._found is None or time.monotonic() - self._at > FRESH_S:
                found = IndexedRuns()
                _look_into(self.root, self.root, DEEP, found)
                self._found, self._at = found, time.monotonic()
            return self._found

    def run(self, name: str) -> Path | None:
        """The folder of a run; None for every other name."""
        return self.look().runs.get(name)

    def study(self, name: str) -> Path | None:
        """The folder of a study."""
        return self.look().studies.get(name)


def holds_run(folder: Path) -> bool:
    """Whether a folder is a run's, be it a half-written one."""
    return any((folder / name).is_file() for name in _RUN)


def _look_into(folder: Path, root: Path, deep: int, found: IndexedRuns) -> None:
    found.looked += 1
    if found.partly:
        return
    try:
        with os.scandir(folder) as entries:
            below = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    names = {entry.name for entry in below}
    name = root.name if folder == root else folder.relative_to(root).as_posix()
    if names & _RUN:
        found.runs[name] = folder
        return
    if names & _STUDY:
        found.studies[name] = folder
    for entry in below:
        if deep and not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
            _look_into(folder / entry.name, root, deep - 1, found)
