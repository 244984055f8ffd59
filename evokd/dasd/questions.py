"""Which questions are asked in which stage, and which the students are compared on.

Drawn by a hash of seed and text: the same on every machine, whatever the order of the file. Of the
training questions, those that equal a test or dev question are left out, and so are repetitions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence

from evokd.config import ConfigError
from evokd.dasd.settings import DasdConfig
from evokd.tasks.example import Example
from evokd.tasks.text import normalise

STAGES = ("stage1", "stage2")


def wanted(config: DasdConfig) -> dict[str, int]:
    """Stage → questions; a stage that adapters stand for asks none."""
    found = {}
    if config.adapter is None:
        found["stage1"] = config.stage1.questions
    if config.stage2 is not None:
        found["stage2"] = config.stage2.questions
    return found


def draw_questions(
    train: Sequence[Example], off_limits: Collection[str], config: DasdConfig, seed: int
) -> Mapping[str, tuple[Example, ...]]:
    """Stage → its training questions.

    Args:
        train: All rows.
        off_limits: Normalised texts of test and dev rows.
        config: How many each stage asks, and whether they are the same ones.
        seed: Of the run.

    Raises:
        ConfigError: there are not as many.
    """
    pool = ranked(_fresh(train, off_limits), seed)
    asked = wanted(config)
    needed = max(asked.values()) if config.same_questions else sum(asked.values())
    if needed > len(pool):
        fields = " and ".join(f"dasd.{name}.questions" for name in asked)
        raise ConfigError(
            f"{fields}: {needed} training questions are asked for, {len(pool)} are there (without"
            " repetitions and questions of test and dev)"
        )
    found, start = {}, 0
    for name, count in asked.items():
        found[name] = pool[start : start + count]
        start += 0 if config.same_questions else count
    return found


def draw_rows(rows: Sequence[Example], count: int | None, seed: int) -> tuple[Example, ...]:
    """Some rows to compare students on, in the order of the file; all where `count` is None."""
    if count is None or count >= len(rows):
        return tuple(rows)
    chosen = {row.id for row in ranked(rows, seed)[:count]}
    return tuple(row for row in rows if row.id in chosen)


def ranked(rows: Sequence[Example], seed: int) -> tuple[Example, ...]:
    """The rows by a hash of seed and text."""

    def rank(row: Example) -> tuple[str, str]:
        return hashlib.sha256(f"{seed}\0{row.text}".encode()).hexdigest(), row.id

    return tuple(sorted(rows, key=rank))


def _fresh(train: Sequence[Example], off_limits: Collection[str]) -> list[Example]:
    seen = set(off_limits)
    kept = []
    for row in train:
        bare = normalise(row.text)
        if bare not in seen:
            seen.add(bare)
            kept.append(row)
    return kept
