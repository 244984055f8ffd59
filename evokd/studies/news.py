"""What a runner tells whoever shows progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evokd.studies.cells import Cell
from evokd.studies.record import Row


@dataclass(frozen=True, slots=True)
class News:
    """Something happened to a cell."""

    kind: Literal["begun", "spent", "done", "failed", "interrupted"]
    cell: Cell
    tokens: int = 0
    """Billed by the cell in the present process; with `spent`."""
    row: Row | None = None
    """With `done` and `failed`."""


def ended(cell: Cell, row: Row) -> News:
    """The cell has its row of results."""
    return News("done" if row["status"] == "done" else "failed", cell, row=row)


Hear = Callable[[News], None]
