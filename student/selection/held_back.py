"""Accepted rows that the student never learns: its temperature is fitted on them.

Which ones is a hash of the row's id, so a row is held back in every round, in a resumed run and in
a refit alike. Rows of the data files (`train-12`) are few and real: the student learns them all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from evokd.config import StudentConfig
from evokd.tasks.example import Example

GIVEN = "train-"
"""What ids of rows from the data begin with."""


def is_held_back(row: str, config: StudentConfig) -> bool:
    """Whether the row of this id is one of them."""
    if config.calibration != "held_back" or row.startswith(GIVEN):
        return False
    digest = hashlib.sha256(f"held back\0{row}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < config.held_back * 2**64


def taught(rows: Iterable[Example], config: StudentConfig) -> list[Example]:
    """The rows that the student may learn."""
    return [row for row in rows if not is_held_back(row.id, config)]


def held_back(rows: Iterable[Example], config: StudentConfig) -> list[Example]:
    """The others."""
    return [row for row in rows if is_held_back(row.id, config)]
