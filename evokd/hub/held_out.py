"""Texts of test and dev rows: none of them goes to the hub, in rows or in any other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokd.config import ConfigError
from evokd.store.run_dir import RunDir
from evokd.tasks.task import Task, load_task
from evokd.tasks.text import normalise

LEAST = 20
"""Characters, after `normalise`, of a text that is looked for within a file: a shorter one, such
as "great phone", stands in any text by chance."""


@dataclass(frozen=True)
class HeldOut:
    """Normalised texts that must not go, and how many rows each split has."""

    texts: frozenset[str]
    rows: Mapping[str, int]
    """Of dev and test."""
    task: Task

    def equal(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Ids of the rows whose text is one of them."""
        return [str(r.get("row")) for r in rows if normalise(str(r.get("text"))) in self.texts]

    def within(self, text: str) -> int:
        """How many of the longer ones stand in a text."""
        bare = normalise(text)
        return sum(len(one) >= LEAST and one in bare for one in self.texts)


def read_held_out(run: Path) -> tuple[HeldOut | None, str]:
    """The held-out rows of a run; None, and why, where they can't be read here."""
    try:
        config = RunDir(run).config().task
        if config.data.hub and not Path(config.data.hub).is_dir():  # nothing is fetched for this
            return None, f"the rows of {config.data.hub} were not fetched"
        task = load_task(config)
    except ConfigError as error:
        return None, str(error)
    dev = task.dev or ()
    texts = frozenset(normalise(row.text) for row in (*task.test, *dev))
    return HeldOut(texts, {"test": len(task.test), "dev": len(dev)}, task), ""
