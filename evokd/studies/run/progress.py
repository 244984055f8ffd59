"""What a runner tells whoever shows progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evokd.store.events import Called
from evokd.studies.grid.cells import Cell
from evokd.studies.run.record import JsonRow


@dataclass(frozen=True, slots=True)
class CellProgress:
    """Something happened to a cell."""

    kind: Literal[
        "begun", "spent", "called", "done", "failed", "stopping", "aborting", "interrupted"
    ]
    """`stopping`: it was asked to end after its step; `aborting`: at once."""
    cell: Cell
    tokens: int = 0
    """Billed by the cell in the present process; with `spent`."""
    row: JsonRow | None = None
    """With `done` and `failed`."""
    call: Called | None = None
    """With `called`; without what was said in it."""


def ended(cell: Cell, row: JsonRow) -> CellProgress:
    """The cell has its row of results."""
    return CellProgress("done" if row["status"] == "done" else "failed", cell, row=row)


def stopping(cell: Cell, *, again: bool) -> CellProgress:
    """Somebody asked the study to stop, perhaps not for the first time."""
    return CellProgress("aborting" if again else "stopping", cell)


ProgressListener = Callable[[CellProgress], None]
