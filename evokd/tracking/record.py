"""`tracking.json` in the run directory: what each tracker calls the run, and how far it was told.

So a resume goes on with the same page, from the round after the last that it was told of; and what
a tracker lacks stands there for whoever wonders.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from threading import Lock

from evokd.runs.run import mapping
from evokd.store.artefacts import write_atomic

FILE = "tracking.json"


@dataclass
class TrackerRecord:
    """What is known of one tracker."""

    id: str | None = None
    """What it calls the run."""
    look: str | None = None
    """How to see it there."""
    round: int = -1
    """The last one that it was told of."""
    failed: str | None = None
    """What it lacks, and why; None: nothing."""


@dataclass
class Record:
    """What is known of all of them."""

    path: Path
    """Of the file."""
    group: str | None = None
    """The study; a cell that is resumed by itself stays in it."""
    home: str | None = None
    """The folder of what trackers keep here, relative to the run's."""
    trackers: dict[str, TrackerRecord] = field(default_factory=dict)
    """By name."""

    def __post_init__(self) -> None:
        self._lock = Lock()  # each tracker has a thread, and writes of its own

    @classmethod
    def read(cls, folder: Path) -> Record:
        """That of a folder; an empty one where there is none, or no whole one."""
        path = folder / FILE
        found: dict[str, object] = {}
        with contextlib.suppress(OSError, ValueError):
            found = mapping(json.loads(path.read_text(encoding="utf-8")))
        group, home = found.get("group"), found.get("home")
        return cls(
            path,
            group if isinstance(group, str) else None,
            home if isinstance(home, str) else None,
            {str(name): _tracker(one) for name, one in mapping(found.get("trackers")).items()},
        )

    def of(self, name: str) -> TrackerRecord:
        """What is known of one of them, to be changed."""
        with self._lock:
            return self.trackers.setdefault(name, TrackerRecord())

    def save(self) -> None:
        """Write it down.

        Raises:
            OSError: the disk is full, or the folder gone.
        """
        with self._lock:
            document = {
                "group": self.group,
                "home": self.home,
                "trackers": {name: asdict(one) for name, one in self.trackers.items()},
            }
            text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
            write_atomic(self.path, f"{text}\n", durable=False)


def _tracker(found: object) -> TrackerRecord:
    known = {one.name for one in fields(TrackerRecord)}
    made = TrackerRecord(**{k: v for k, v in mapping(found).items() if k in known})
    return made if isinstance(made.round, int) else TrackerRecord()
