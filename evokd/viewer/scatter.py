"""The map as a picture: seed, synthetic and test texts where the student puts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from markupsafe import Markup

from evokd.runs.map import Frame
from evokd.store.map_points import MapPoint, PointKind
from evokd.viewer.bars import REST, colour_of, leading
from evokd.viewer.svg import picture, tag, text

WIDTH, HEIGHT, EDGE, TOP = 640, 520, 14, 58


def scatter(name: str, points: Sequence[MapPoint], labels: Sequence[str], frame: Frame) -> Markup:
    """The picture: test texts as faint crosses, synthetic ones as dots, seed shots as diamonds."""
    if not points:
        return Markup("")
    names = leading(labels, Counter(point.label for point in points))
    wide = max(frame.right - frame.left, 1e-9)
    high = max(frame.high - frame.low, 1e-9)

    def place(point: MapPoint) -> tuple[float, float]:
        x = (point.x - frame.left) / wide * (WIDTH - 2 * EDGE) + EDGE
        y = (frame.high - point.y) / high * (HEIGHT - TOP - 2 * EDGE) + TOP + EDGE
        return min(max(x, 2.0), WIDTH - 2.0), min(max(y, TOP), HEIGHT - 2.0)

    order = {"test": 0, "synthetic": 1, "seed": 2}
    marks = [
        _mark(point, *place(point), colour_of(point.label, names))
        for point in sorted(points, key=lambda point: order.get(point.kind, 1))
    ]
    box = {"x": 1, "y": TOP - 8, "width": WIDTH - 2, "height": HEIGHT - TOP + 6, "class": "frame"}
    rest = [REST] if {point.label for point in points} - set(names) else []
    return picture(WIDTH, HEIGHT, name, tag("rect", box), *marks, _legend(names, rest), kind="map")


def _mark(point: MapPoint, x: float, y: float, colour: str) -> Markup:
    said = tag("title", {}, f"{point.kind} {point.row}: {point.label}")
    if point.kind == "test":
        d = f"M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6"
        return tag("path", {"d": d, "class": "test", "stroke": colour}, said)
    if point.kind == "seed":
        d = f"M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8z"
        return tag("path", {"d": d, "class": "seed", "fill": colour}, said)
    return tag("circle", {"cx": x, "cy": y, "r": 3.6, "class": "made", "fill": colour}, said)


def _legend(names: Sequence[str], rest: Sequence[str]) -> Markup:
    parts, x, y = [], float(EDGE), 12.0
    kind: PointKind
    for kind in get_args(PointKind):
        parts.append(_mark(MapPoint(kind, "", 0, 0, ""), x + 5, y, "#777777"))
        parts.append(text(x + 18, y + 4, kind, "legend"))
        x += 34 + 7.2 * len(kind)
    x, y = float(EDGE), 34.0
    for label in (*names, *rest):
        shown = label if len(label) <= 20 else f"{label[:19]}…"
        box = {"x": x, "y": y - 8, "width": 12, "height": 12, "fill": colour_of(label, names)}
        parts += [tag("rect", box), text(x + 17, y + 3, shown, "legend")]
        x += 30 + 7.2 * len(shown)
    return tag("g", {}, *parts)
