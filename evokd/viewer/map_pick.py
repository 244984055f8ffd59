"""Points of the map that are picked: by a line around them, words, kind, label or nearness."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from evokd.runs.files import Unreadable, reading
from evokd.runs.map import Map
from evokd.runs.run import Run
from evokd.runs.tested_rows import TestAnswers
from evokd.runs.trace import told
from evokd.store.map_points import MapPoint
from evokd.viewer.lasso import corners_of, inside
from evokd.viewer.query import Query
from evokd.viewer.scatter import PointKey, spots

NAMES = ("q", "kind", "label", "area", "near")
"""Of an address, what picks points."""
AT_ONCE = 400
"""Rows of one query: SQLite limits the question marks."""
NEAREST = 12
"""Points that are picked as near to one, this one among them."""


@dataclass(frozen=True, slots=True)
class PickedPoint:
    """A line of the list."""

    kind: str
    row: str
    label: str
    text: str
    """Empty where no file holds it."""
    said: str
    """What the last student says of a test row; empty for others."""
    right: bool

    @property
    def has_page(self) -> bool:
        """Whether the run knows where the row came from."""
        return self.kind != "test"


def picks(query: Query) -> bool:
    """Whether an address picks some points."""
    return any(query.get(name) for name in NAMES)


def texts_on_map(run: Run, found: Map, answers: TestAnswers | None) -> dict[str, str]:
    """Row → text of the points, as far as the run and the data file have it."""
    texts = {one.row: one.text for one in answers.rows} if answers else {}
    rows = [point.row for point in found.points if point.kind != "test"]
    with suppress(Unreadable), reading(run.path, "events.sqlite") as db:
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            clause = f"row IN ({', '.join('?' * len(some))}) AND +type IN ('drafted', 'seeded')"
            texts |= {one.row: one.text("text") for one in told(db, clause, some) if one.row}
    return texts


def picked_points(found: Map, query: Query, texts: Mapping[str, str]) -> list[MapPoint]:
    """The points that fit in every way, in the order of the map; all of them where none is asked.

    A name in the address that says nothing (a line with two corners, a row that is none) picks
    nothing.
    """
    fits = _fits(found, query, texts)
    places = spots(found.points, found.frame)
    pairs = zip(found.points, places, strict=True)
    return [point for point, place in pairs if all(one(point, place) for one in fits)]


Fits = Callable[[MapPoint, tuple[float, float]], bool]


def _fits(found: Map, query: Query, texts: Mapping[str, str]) -> list[Fits]:
    fits: list[Fits] = []
    words, kind, label = query.get("q").casefold(), query.get("kind"), query.get("label")
    if words:
        fits.append(lambda point, _: words in f"{point.row}\n{texts.get(point.row, '')}".casefold())
    if kind:
        fits.append(lambda point, _: point.kind == kind)
    if label:
        fits.append(lambda point, _: point.label == label)
    if query.get("area"):
        corners = corners_of(query.get("area"))
        fits.append(lambda _, place: inside(corners, *place))
    if query.get("near"):
        near = _nearest(found.points, query.get("near"))
        fits.append(lambda point, _: (point.kind, point.row) in near)
    return fits


def _nearest(points: Sequence[MapPoint], row: str) -> set[PointKey]:
    here = next((point for point in points if point.row == row), None)
    if here is None:
        return set()
    ordered = sorted(points, key=lambda one: math.hypot(one.x - here.x, one.y - here.y))
    return {(one.kind, one.row) for one in ordered[:NEAREST]}


def listed(
    points: Sequence[MapPoint],
    texts: Mapping[str, str],
    answers: TestAnswers | None,
    words: Callable[[str], str],
) -> list[PickedPoint]:
    """Points as lines of a list.

    Args:
        points: Those that were picked.
        texts: Of rows.
        answers: Of the last student, if the map is its.
        words: An answer as people read it.
    """
    said = {one.row: one for one in answers.rows} if answers else {}
    found = []
    for point in points:
        one = said.get(point.row) if point.kind == "test" else None
        answer = words(one.predicted) if one else ""
        found.append(
            PickedPoint(
                point.kind, point.row, point.label, texts.get(point.row, ""), answer,
                one is None or one.right,
            )
        )  # fmt: skip
    return found
