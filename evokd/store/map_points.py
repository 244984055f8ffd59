"""The map's tables in events.sqlite: where the student puts texts, round by round.

They hold ids, labels and coordinates, no text. The run writes them for readers and never asks
them for anything but the axes that it laid down itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

PointKind = Literal["seed", "synthetic", "test"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS map_points (
  round INTEGER NOT NULL, kind TEXT NOT NULL, row TEXT NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, label TEXT NOT NULL, PRIMARY KEY (round, kind, row)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS map_axes (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A text on the map."""

    kind: PointKind
    row: str
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class MapPlane:
    """The plane that embeddings are put on: (embedding - mean) times each direction."""

    mean: list[float]
    directions: list[list[float]]
    """Two, each as long as an embedding."""


def save_axes(db: sqlite3.Connection, axes: MapPlane) -> None:
    """Lay the axes down; a warm-up that ran twice lays the same."""
    db.executescript(SCHEMA)
    body = json.dumps({"mean": axes.mean, "directions": axes.directions})
    db.execute("INSERT OR REPLACE INTO map_axes VALUES (1, ?)", (body,))


def load_axes(db: sqlite3.Connection) -> MapPlane | None:
    """The axes; None for a run that laid none."""
    try:
        row = db.execute("SELECT body FROM map_axes").fetchone()
    except sqlite3.OperationalError:  # a run of before there was a map
        return None
    if row is None:
        return None
    body = json.loads(row[0])
    return MapPlane(body["mean"], body["directions"])


def save_points(db: sqlite3.Connection, number: int, points: Iterable[MapPoint]) -> None:
    """Write a round's map; a round that ran twice replaces what it had written."""
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM map_points WHERE round >= ?", (number,))  # a fork drops later ones
    db.executemany(
        "INSERT OR REPLACE INTO map_points VALUES (?,?,?,?,?,?)",
        ((number, p.kind, p.row, p.x, p.y, p.label) for p in points),
    )
    db.execute("COMMIT")
