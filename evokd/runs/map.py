"""The map's coordinates, as the run wrote them beside its events; the viewer computes none."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from evokd.runs.files import Unreadable, reading
from evokd.runs.run import Run
from evokd.store.map_points import MapPoint


@dataclass(frozen=True)
class Frame:
    """The part of the plane that is shown, the same for all rounds of a run."""

    left: float
    right: float
    low: float
    high: float


@dataclass(frozen=True)
class Map:
    """One round's map, in the frame of all rounds."""

    rounds: tuple[int, ...]
    """Rounds that have a map."""
    round: int
    points: tuple[MapPoint, ...]
    frame: Frame


def read_map(run: Run, where: int | None) -> Map | None:
    """The map after a round; None where the run wrote none (an earlier version, a young run).

    Args:
        run: The run.
        where: The round; None, or one without a map: the last.
    """
    try:
        with reading(run.path, "events.sqlite") as db:
            return _read(db, where)
    except Unreadable:
        return None


def _read(db: sqlite3.Connection, where: int | None) -> Map | None:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'map_points'").fetchone():
        return None
    rounds = tuple(row[0] for row in db.execute("SELECT DISTINCT round FROM map_points ORDER BY 1"))
    if not rounds:
        return None
    chosen = where if where is not None and where in rounds else rounds[-1]
    left, right, low, high = db.execute(
        "SELECT MIN(x), MAX(x), MIN(y), MAX(y) FROM map_points"
    ).fetchone()
    points = db.execute("SELECT kind, row, x, y, label FROM map_points WHERE round = ?", (chosen,))
    found = tuple(
        MapPoint(kind, str(row), float(x), float(y), str(label))
        for kind, row, x, y, label in points
        if isinstance(x, float) and isinstance(y, float)
    )
    return Map(rounds, chosen, found, Frame(left, right, low, high))
