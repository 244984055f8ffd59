"""Why a text was picked from the pool: its line of picked.jsonl, read without trust."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from evokd.runs.files import Unreadable, lines_of
from evokd.runs.row_history import RowHistory
from evokd.runs.run import Run


class PickLine(BaseModel):
    """A line of `rounds/NNN/picked.jsonl`; see `graph.core.picks.Pick`."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    row: str
    policy: str
    predicted: str
    """The student's label, before any was asked for."""
    probability: float
    margin: float
    candidates: int
    """Texts that it was picked from."""
    shown: tuple[str, ...] = ()
    """Labelled rows that the labeler saw with it."""


def read_pick(run: Run, row: RowHistory) -> PickLine | None:
    """The line of a row; None where it is no text of a pool, or the file can't be read."""
    if row.pool is None:
        return None
    try:
        lines, _ = lines_of(run.path, f"rounds/{row.round:03d}/picked.jsonl")
        return next((PickLine(**one) for one in lines if one.get("row") == row.id), None)
    except (Unreadable, ValidationError):
        return None
