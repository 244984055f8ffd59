"""The map as a picture: seed, synthetic and test texts where the student puts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import get_args

from markupsafe import Markup

from evokd.runs.map import Frame
from evokd.store.map_points import MapPoint, PointKind
from evokd.viewer.bars import REST, colour_of, leading
from evokd.viewer.legend import legend
from evokd.viewer.svg import picture, tag

WIDTH, HEIGHT, EDGE, TOP = 640, 520, 14, 58


PointKey = tuple[str, str]
"""Kind and row."""


def spots(points: Sequence[MapPoint], frame: Frame) -> list[tuple[float, float]]:
    """Where the points lie in the picture, in its own units."""
    wide = max(frame.right - frame.left, 1e-9)
    high = max(frame.high - frame.low, 1e-9)
    found = []
    for point in points:
        x = (point.x - frame.left) / wide * (WIDTH - 2 * EDGE) + EDGE
        y = (frame.high - point.y) / high * (HEIGHT - TOP - 2 * EDGE) + TOP + EDGE
        found.append((min(max(x, 2.0), WIDTH - 2.0), min(max(y, TOP), HEIGHT - 2.0)))
    return found


def scatter(
    name: str,
    points: Sequence[MapPoint],
    labels: Sequence[str],
    frame: Frame,
    picked: Collection[PointKey] | None = None,
    outline: Sequence[tuple[float, float]] = (),
) -> Markup:
    """The picture: test texts as faint crosses, synthetic ones as dots, seed shots as diamonds.

    Args:
        name: What it shows.
        points: Of one round.
        labels: The task's, whose order gives the colours.
        frame: Of all rounds.
        picked: Points that stand out from the others; None: all alike.
        outline: Corners of a line around some of them.
    """
    if not points:
        return Markup("")
    names = leading(labels, Counter(point.label for point in points))
    order = {"test": 0, "synthetic": 1, "seed": 2}
    placed = sorted(
        zip(points, spots(points, frame), strict=True),
        key=lambda one: (_is_picked(one[0], picked), order.get(one[0].kind, 1)),
    )
    marks = [
        tag(
            "g",
            {"class": _look(point, picked), "data-row": point.row},
            _mark(point, x, y, colour_of(point.label, names)),
            *([] if picked is None or not _is_picked(point, picked) else [_ring(x, y)]),
        )
        for point, (x, y) in placed
    ]
    box = {"x": 1, "y": TOP - 8, "width": WIDTH - 2, "height": HEIGHT - TOP + 6, "class": "frame"}
    rest = [REST] if {point.label for point in points} - set(names) else []
    around = [_outline(outline)] if len(outline) > 2 else []
    shown, above = _legend(names, rest)
    parts = (tag("rect", box), *marks, *around, shown)
    return picture(WIDTH, HEIGHT + above, name, *parts, kind="map", top=-above)


def _is_picked(point: MapPoint, picked: Collection[PointKey] | None) -> bool:
    return picked is None or (point.kind, point.row) in picked


def _look(point: MapPoint, picked: Collection[PointKey] | None) -> str | None:
    if picked is None:
        return None
    return "picked" if _is_picked(point, picked) else "faded"


def _ring(x: float, y: float) -> Markup:
    return tag("circle", {"cx": x, "cy": y, "r": 8, "class": "ring"})


def _outline(corners: Sequence[tuple[float, float]]) -> Markup:
    d = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in corners) + "Z"
    return tag("path", {"d": d, "class": "lasso"})


def _mark(point: MapPoint, x: float, y: float, colour: str) -> Markup:
    said = tag("title", {}, f"{point.kind} {point.row}: {point.label}")
    if point.kind == "test":
        d = f"M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6"
        return tag("path", {"d": d, "class": "test", "stroke": colour}, said)
    if point.kind == "seed":
        d = f"M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8z"
        return tag("path", {"d": d, "class": "seed", "fill": colour}, said)
    return tag("circle", {"cx": x, "cy": y, "r": 3.6, "class": "made", "fill": colour}, said)


def _legend(names: Sequence[str], rest: Sequence[str]) -> tuple[Markup, float]:
    kinds: tuple[PointKind, ...] = get_args(PointKind)

    def mark(number: int, x: float, y: float) -> Markup:
        if number < len(kinds):
            return _mark(MapPoint(kinds[number], "", 0, 0, ""), x + 6, y, "#777777")
        colour = colour_of([*names, *rest][number - len(kinds)], names)
        return tag("rect", {"x": x, "y": y - 6, "width": 12, "height": 12, "fill": colour})

    return legend([*kinds, *names, *rest], mark, 17, EDGE, WIDTH - EDGE, room=2)
