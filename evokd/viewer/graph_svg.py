"""The state machine as a picture: the nodes that ran, each edge as thick as its tokens.

    draw(books.edges, "billed", last=books.last, link=lambda source, target: None)

It is laid out from the edges alone, so a new method draws itself: layers by the longest way
(`machine.layers`), a loop folded into a line outwards and one back (`machine.places`), edges around
the boxes (`machine.routes`). What a collector hands on is booked from its giver (`labeler →
critic`); the picture leads it through the collector, as the graph is drawn (`machine.arrows`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from markupsafe import Markup

from evokd.runs.formatting import short
from evokd.runs.totals import EdgeTotals, Measure
from evokd.viewer.machine.arrows import END, Arrow, arrows
from evokd.viewer.machine.places import HIGH, MARGIN, WIDE, Place, places
from evokd.viewer.machine.routes import Route, routes
from evokd.viewer.svg import picture, tag, text

THICKEST, THINNEST = 17.0, 1.4
LONG, LONGEST = 15, 19
"""Letters of a name from which on it is set smaller, and at most."""

Link = Callable[[str, str], str | None]
"""(source, target) → where a click on the edge leads; source "" is the node itself."""


def draw(
    edges: Iterable[EdgeTotals],
    measure: Measure,
    *,
    link: Link,
    last: str | None = None,
    at_work: Collection[str] = (),
) -> Markup:
    """The picture.

    Args:
        edges: What the books hold, in the order in which it was first walked.
        measure: Which tokens make an edge thick.
        link: Where a click leads.
        last: The node from which a run that has ended went to its end; None while it goes on.
        at_work: Nodes that work now.
    """
    drawn = arrows(edges, measure, last)
    where = places([arrow.pair for arrow in drawn])
    most = max((arrow.tokens for arrow in drawn), default=0)
    halves = {arrow.pair: _half(thickness(arrow.tokens, most)) for arrow in drawn}
    ways = routes(list(halves), where, halves)
    lines = [
        _arrow(arrow, ways[arrow.pair], thickness(arrow.tokens, most), link)
        for arrow in sorted(drawn, key=lambda one: -one.tokens)
    ]
    boxes = [_box(name, place, link, name in at_work) for name, place in where.items()]
    name = f"State machine; edges by {measure} tokens. The numbers stand in the table of edges."
    left, top, right, low = _frame(where.values(), ways.values())
    return picture(
        right - left, low - top, name, *lines, *boxes, kind="machine", top=top, left=left
    )


def _frame(where: Iterable[Place], ways: Iterable[Route]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what there is to see."""
    boxes = [
        (one.x - WIDE / 2, one.y - HIGH / 2 - 16, one.x + WIDE / 2, one.y + HIGH / 2)
        for one in where
    ]
    found = [*boxes, *(way.reach for way in ways if any(way.reach))] or [(0.0, 0.0, 0.0, 0.0)]
    least = (min(one[0] for one in found), min(one[1] for one in found))
    return (
        least[0] - MARGIN,
        least[1] - MARGIN,
        max(one[2] for one in found) + MARGIN,
        max(one[3] for one in found) + 12,
    )


def thickness(tokens: int, most: int) -> float:
    """Width of a line in pixels: in proportion to its tokens."""
    return max(THINNEST, THICKEST * tokens / most) if most else THINNEST


def _half(width: float) -> float:
    """Half the width of an arrow's point."""
    return 4.5 + width * 0.62


def _box(name: str, place: Place, link: Link, at_work: bool) -> Markup:
    ends = name in ("START", END)
    kind = "end" if ends else "node"
    shape = {
        "x": place.x - WIDE / 2, "y": place.y - HIGH / 2, "width": float(WIDE),
        "height": float(HIGH), "rx": 19 if ends else 6,
        "class": f"{kind} at-work" if at_work else kind,
    }  # fmt: skip
    said = name.replace("_", " ")
    shown = said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"
    words = text(
        place.x, place.y + 4, shown, "name long" if len(shown) > LONG else "name", "middle"
    )
    parts = [tag("rect", shape), words]
    if shown != said or at_work:
        parts.insert(0, tag("title", {}, f"{said}: at work" if at_work else said))
    return _linked(link("", name), tag("g", {}, *parts))


def _arrow(arrow: Arrow, route: Route, width: float, link: Link) -> Markup:
    kind = "edge" if arrow.tokens else "edge idle"
    if route.back:
        kind += " back"
    parts = [
        tag("title", {}, arrow.said),
        tag("path", {"d": route.path, "stroke-width": width, "class": f"{kind} stroke"}),
        tag("polygon", {"points": _head(route, _half(width)), "class": f"{kind} head"}),
    ]
    if arrow.tokens:
        parts.append(text(*route.label, short(arrow.tokens), "tokens", route.anchor))
    booked = arrow.booked[0] if len(arrow.booked) == 1 else arrow.pair
    return _linked(link(*booked), tag("g", {}, *parts))


def _head(route: Route, half: float) -> str:
    """The triangle at the end of an arrow."""
    (dx, dy), (x, y) = route.towards, route.tip
    deep = half * 1.15
    base = (x - dx * deep, y - dy * deep)
    corners = (
        (x, y),
        (base[0] - dy * half, base[1] + dx * half),
        (base[0] + dy * half, base[1] - dx * half),
    )
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)


def _linked(address: str | None, inside: Markup) -> Markup:
    return tag("a", {"href": address}, inside) if address else inside
