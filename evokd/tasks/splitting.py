"""A test set split off the train rows, for a task that names none.

Which rows these are depends on the rows' texts, the share and the split's own seed; neither on the
seed of a run, nor on the order of the file. So a study over seeds has one test set, and a file that
grows keeps most of its own.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evokd.config import ConfigError, DataConfig
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat
from evokd.tasks.text import normalise

SHOWN = 5
"""Classes that a line names."""


@dataclass(frozen=True, slots=True)
class Division:
    """The rows of one table on two sides, each in the order of the file."""

    train: tuple[Example, ...]
    test: tuple[Example, ...]
    untested: tuple[str, ...]
    """Classes of the train rows that no test row has: they have one text each."""

    def said(self, data: DataConfig) -> list[str]:
        """What a user should know of it, a line each."""
        lines = [
            f"task.data.test: none is named, so {len(self.test)} of"
            f" {len(self.train) + len(self.test)} train rows are split off as the test set"
            f" (test_share {data.test_share:g}, split_seed {data.split_seed}; the same rows for"
            " every seed of a run)"
        ]
        if self.untested:
            more = len(self.untested) - SHOWN
            names = ", ".join(map(repr, self.untested[:SHOWN]))
            names += f" and {more} more" if more > 0 else ""
            lines.append(f"task.data.test: no test row of {names}: too few different texts")
        return lines


def split_off(rows: Sequence[Example], task_format: TaskFormat, data: DataConfig) -> Division:
    """Split a test set off, so that each class has its share on both sides.

    Rows whose texts are equal after `normalise` stay together, and count once. A row of several
    classes counts under the rarest of them. A class with two different texts has one on each side
    at least; one with a single text is in train alone.

    Args:
        rows: Of train, in the order of the file.
        task_format: What their classes are.
        data: Its share and seed.

    Raises:
        ConfigError: no class has two different texts.
    """
    groups: defaultdict[str, list[Example]] = defaultdict(list)
    for row in rows:
        groups[normalise(row.text)].append(row)
    frequency = Counter(name for row in rows for name in task_format.classes(row.label))
    strata: defaultdict[str, list[str]] = defaultdict(list)
    for bare, equal in groups.items():
        classes = task_format.classes(equal[0].label)
        strata[min(classes, key=lambda name: (frequency[name], name), default="")].append(bare)
    held = {bare for some in strata.values() for bare in _held_out(some, data)}
    if not held:
        raise ConfigError(
            "task.data.test: none is named, and no test set can be split off train: no class has"
            f" two different texts ({len(groups)} in all); name a file of test rows"
        )
    test = [row for row in rows if normalise(row.text) in held]
    train = tuple(row for row in rows if normalise(row.text) not in held)
    tested = {name for row in test for name in task_format.classes(row.label)}
    untested = tuple(name for name in task_format.labels if frequency[name] and name not in tested)
    return Division(train, tuple(_renamed(row) for row in test), untested)


def _held_out(texts: Sequence[str], data: DataConfig) -> list[str]:
    """Of the texts of a stratum, those of the test set."""
    share = int(data.test_share * len(texts) + 0.5)
    count = max(min(share, len(texts) - 1), min(1, len(texts) - 1))
    return sorted(texts, key=lambda bare: _rank(bare, data.split_seed))[:count]


def _rank(bare: str, seed: int) -> str:
    return hashlib.sha256(f"test\0{seed}\0{bare}".encode()).hexdigest()


def _renamed(row: Example) -> Example:
    """The row under the name of its split; its number is still its place in the file of train."""
    return replace(row, id=f"test-{row.number}")
