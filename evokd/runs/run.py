"""A run as its readers see it: its head (run.json, config, scores) and what could not be read."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evokd.runs.files import Unreadable, json_of, lines_of, yaml_of
from evokd.runs.scores import score_names
from evokd.store.run_dir import SERVING

LOCKS = Path("/proc/locks")
STARTING = "starting"


@dataclass
class Run:
    """The head of a run directory; every part may be missing."""

    name: str
    """Path below the folder that is looked through."""
    path: Path
    info: dict[str, Any] = field(default_factory=dict)
    """run.json."""
    config: dict[str, Any] = field(default_factory=dict)
    """config.yaml, as written; it may be of another version."""
    metrics: list[dict[str, Any]] = field(default_factory=list)
    """Lines of metrics.jsonl that have a round."""
    notes: list[str] = field(default_factory=list)
    """What could not be read, in words."""
    cell: str = ""
    """Of a run of a study: where it stands in the grid, in words (`evokd.runs.cells`)."""

    @property
    def status(self) -> str:
        """As run.json has it; `killed` for one that says it runs while no process holds it."""
        said = str(self.info.get("status", "unknown"))
        return said if said != "running" or is_held(self.path / ".lock") else "killed"

    @property
    def is_young(self) -> bool:
        """A process has taken the folder and not yet laid out the books and the trace."""
        laid = all((self.path / name).exists() for name in ("ledger.sqlite", "events.sqlite"))
        begun = self.info.get("status") in ("running", None)
        return begun and not laid and is_held(self.path / ".lock")

    @property
    def state(self) -> str:
        """The status as people are told it: that of a young run is `starting`."""
        return STARTING if self.is_young else self.status

    @property
    def shown(self) -> str:
        """What it is called on a page: of a study's cell its axes, for the folder is but a hash."""
        return self.cell or self.name

    @property
    def method(self) -> str:
        return str(self.info.get("method") or self.config.get("method") or "–")

    @property
    def task(self) -> str:
        """What is learnt, in a few words."""
        task = mapping(self.config.get("task"))
        labels = task.get("labels")
        words = [str(task.get("domain") or task.get("kind") or "")]
        if task.get("language"):
            words.append(str(task["language"]))
        if isinstance(labels, (dict, list)) and labels:
            words.append(f"{len(labels)} labels")
        return ", ".join(word for word in words if word) or "–"

    @property
    def labels(self) -> list[str]:
        """The task's labels in the config's order; none for tasks without."""
        labels = mapping(self.config.get("task")).get("labels")
        return [str(name) for name in labels] if isinstance(labels, (dict, list)) else []

    @property
    def seconds(self) -> float | None:
        """Time worked; of a running one up to now."""
        worked = number(self.info.get("elapsed_s"))
        if self.status != "running":
            return worked
        try:
            began = datetime.fromisoformat(str(self.info["created_at"]))
            return max(0.0, (datetime.now(UTC) - began).total_seconds())
        except (KeyError, ValueError, TypeError):
            return worked

    @property
    def score_names(self) -> tuple[str, ...]:
        """The scores of its task, the one that counts first."""
        task = mapping(self.config.get("task"))
        return score_names(task.get("kind"), task.get("metric"))

    def score(self, which: int, split: str = "test") -> float | None:
        """The task's metric in a line of the metrics: 0 is before the first round, -1 the last."""
        if not self.metrics:
            return None
        return number(mapping(self.metrics[which].get(split)).get(self.score_names[0]))


def read_run(path: Path, name: str = "") -> Run:
    """Read the small files; what can't be read becomes a note."""
    run = Run(name or path.name, path)
    try:
        run.info = json_of(path, "run.json")
    except Unreadable as problem:
        run.notes.append(str(problem))
    try:
        run.config = yaml_of(path, "config.yaml")
    except Unreadable as problem:
        run.notes.append(str(problem))
    try:
        lines, remark = lines_of(path, "metrics.jsonl")
        run.metrics = [line for line in lines if isinstance(line.get("round"), int)]
        run.notes += [remark] if remark else []
    except Unreadable as problem:
        if run.info.get("status") not in ("running", SERVING, None):  # a young run has none yet
            run.notes.append(str(problem))
    return run


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is a mapping, else an empty one: files may hold anything."""
    return value if isinstance(value, dict) else {}


def number(value: Any) -> float | None:
    """The value where it is a number."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def is_held(lock: Path) -> bool:
    """Whether a process works on the run. Looking never takes the lock from one that wants it."""
    try:
        inode = lock.stat().st_ino
        held = LOCKS.read_text(encoding="ascii")
    except FileNotFoundError:
        return _is_refused(lock)
    except (OSError, UnicodeDecodeError):
        return False
    return any(
        fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode)
        for fields in map(str.split, held.splitlines())
        if len(fields) > 5
    )


def _is_refused(lock: Path) -> bool:
    """Where the system has no list of locks: try a shared one, and let go of it at once."""
    try:
        file = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
