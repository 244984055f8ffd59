"""The state machine as a picture: the nodes that ran, each edge as thick as its tokens.

The nodes stand as in the README: outwards on the upper line, back to the trainer on the lower one.
What a collector hands on is booked from its giver (`labeler → critic`); the picture leads it
through the collector, as the graph is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from evokd.runs.formatting import count, short
from evokd.runs.totals import EdgeTotals, Measure
from evokd.viewer.svg import picture, tag, text

WIDE, HIGH, PITCH, MARGIN = 116, 38, 160, 8
UPPER, LOWER, APART = 118, 262, 34
"""Middle of the upper and the lower line, and how far two writers stand from it."""
THICKEST, THINNEST = 17.0, 1.4
_ROW = (
    ("START",), ("paraphraser", "attribute_proposer"), ("warm_up",), ("retriever",),
    ("analyst", "plant", "examiner", "influence"),
    ("easy_generator", "hard_generator", "writer", "augmenter", "picker",
     "teacher_reasoner", "finisher"),
    ("translator",), ("labeler", "oracle"), ("ballot", "quality_filter", "curator"),
    ("critic", "student_scorer"), ("selector",),
)  # fmt: skip
"""The upper line, column by column."""
_BACK = ("evaluator", "keeper", "review", "weigher", "trainer", "dev_examiner")
"""The lower line, from right to left; END stands at its left end."""
_EXAMINED = ("trainer", "evaluator", "student_writer")
"""The lower line of reasoning distillation, whose students are examined last."""
_COLLECTOR = "ballot"

Link = Callable[[str, str], str | None]
"""(source, target) → where a click on the edge leads; source "" is the node itself."""


@dataclass(frozen=True)
class Place:
    """Middle of a node's box."""

    x: float
    y: float


@dataclass(frozen=True)
class Arrow:
    """An edge as it is drawn."""

    source: str
    target: str
    tokens: int
    calls: int
    said: str
    """The booked edges in it, with their tokens."""


def arrows(edges: Iterable[EdgeTotals], measure: Measure, ended: bool) -> list[Arrow]:
    """The drawn edges: booked ones, with what passes a collector led through it."""
    edges = list(edges)
    into = {edge.source for edge in edges if edge.target == _COLLECTOR}
    found: dict[tuple[str, str], Arrow] = {}
    for edge in edges:
        if edge.source == edge.target:  # one lesson after another hands nothing over
            continue
        through = edge.source in into and edge.target != _COLLECTOR and _after(edge.target)
        key = (_COLLECTOR if through else edge.source, edge.target)
        tokens = edge.tokens(measure)
        said = f"{edge.name}: {count(tokens)} tokens"
        if edge.calls:
            said += f", {count(edge.calls)} calls"
        old = found.get(key, Arrow(*key, 0, 0, ""))
        found[key] = replace(
            old,
            tokens=old.tokens + tokens,
            calls=old.calls + edge.calls,
            said=f"{old.said}; {said}" if old.said else said,
        )
    reasons = ("trainer", "evaluator") in found
    ends = ("evaluator",) if reasons else ("trainer", "warm_up")
    last = next((n for n in ends if any(e.target == n for e in edges)), None)
    if ended and last:
        found[last, "END"] = Arrow(last, "END", 0, 0, f"{last} → END")
    return list(found.values())


def _after(node: str) -> bool:
    """Whether a node works on what a collector let through."""
    return node in ("critic", "selector", *_BACK)


def places(drawn: Sequence[Arrow]) -> dict[str, Place]:
    """Where each node stands; empty columns close up."""
    nodes = list(dict.fromkeys(name for arrow in drawn for name in (arrow.source, arrow.target)))
    columns = _upper(nodes, {(arrow.source, arrow.target) for arrow in drawn})
    line = _EXAMINED if "student_scorer" in nodes else _BACK
    back = [name for name in line if name in nodes]
    wide = max(len(columns), len(back) + ("END" in nodes and bool(back)))
    found: dict[str, Place] = {}
    for number, column in enumerate(columns):
        for place, name in enumerate(column):
            shift = (2 * place - len(column) + 1) * APART if len(column) > 1 else 0
            found[name] = Place(_x(number), UPPER + shift)
    for number, name in enumerate(back):
        found[name] = Place(_x(wide - 1 - number), LOWER)
    if "END" in nodes:
        found["END"] = Place(_x(0), LOWER) if back else Place(_x(len(columns)), UPPER)
    return found


def _upper(nodes: Sequence[str], edges: set[tuple[str, str]]) -> list[list[str]]:
    columns = [[name for name in column if name in nodes] for column in _ROW]
    if "paraphraser" in nodes and ("paraphraser", "warm_up") not in edges:
        columns[1].remove("paraphraser")  # AugGPT's stands where writers do
        columns[4].append("paraphraser")
    known = {name for column in (*_ROW, _BACK, _EXAMINED, ("END",)) for name in column}
    columns[4] += [name for name in nodes if name not in known]
    return [column for column in columns if column]


def _x(column: int) -> float:
    return MARGIN + WIDE / 2 + column * PITCH


def draw(edges: Iterable[EdgeTotals], measure: Measure, *, ended: bool, link: Link) -> Markup:
    """The picture.

    Args:
        edges: What the books hold.
        measure: Which tokens make an edge thick.
        ended: The run has ended, so the way to END was taken.
        link: Where a click leads.
    """
    drawn = arrows(edges, measure, ended)
    where = places(drawn)
    most = max((arrow.tokens for arrow in drawn), default=0)
    lines = [_arrow(arrow, where, most, link) for arrow in sorted(drawn, key=lambda a: -a.tokens)]
    boxes = [_box(name, place, link) for name, place in where.items()]
    width = max((place.x for place in where.values()), default=0) + WIDE / 2 + MARGIN
    low = max((place.y for place in where.values()), default=0)
    over = any(_is_over(where[arrow.source], where[arrow.target]) for arrow in drawn)
    top = 0 if over else UPPER - APART - HIGH / 2 - 30
    name = f"State machine; edges by {measure} tokens. The numbers stand in the table of edges."
    height = low + HIGH / 2 + 12 - top
    return picture(width, height, name, *lines, *boxes, kind="machine", top=top)


def thickness(tokens: int, most: int) -> float:
    """Width of a line in pixels: in proportion to its tokens."""
    return max(THINNEST, THICKEST * tokens / most) if most else THINNEST


def _box(name: str, place: Place, link: Link) -> Markup:
    ends = name in ("START", "END")
    shape = {
        "x": place.x - WIDE / 2, "y": place.y - HIGH / 2, "width": float(WIDE),
        "height": float(HIGH), "rx": 19 if ends else 6, "class": "end" if ends else "node",
    }  # fmt: skip
    words = text(place.x, place.y + 4, name.replace("_", " "), "name", "middle")
    return _linked(link("", name), tag("g", {}, tag("rect", shape), words))


def _arrow(arrow: Arrow, where: dict[str, Place], most: int, link: Link) -> Markup:
    width = thickness(arrow.tokens, most)
    half = 4.5 + width * 0.62
    route = _route(where[arrow.source], where[arrow.target], half)
    kind = "edge" if arrow.tokens else "edge idle"
    if route.back:
        kind += " back"
    parts = [
        tag("title", {}, arrow.said),
        tag("path", {"d": route.path, "stroke-width": width, "class": f"{kind} stroke"}),
        tag("polygon", {"points": _head(route, half), "class": f"{kind} head"}),
    ]
    if arrow.tokens:
        parts.append(text(*route.label, short(arrow.tokens), "tokens", "middle"))
    return _linked(link(arrow.source, arrow.target), tag("g", {}, *parts))


@dataclass(frozen=True)
class _Route:
    path: str
    tip: Place
    """Where the arrow's point is."""
    towards: tuple[int, int]
    label: tuple[float, float]
    back: bool = False


def _route(a: Place, b: Place, head: float) -> _Route:
    """A curve from box to box; its line ends `head` pixels before its point."""
    below = UPPER + APART
    if a.y > below and b.y > below:
        return _along(a, b, head)
    if a.y > below:
        return _upright(a, b, head, -1)
    if b.y > below:
        return _upright(a, b, head, 1)
    if _is_over(a, b):
        return _over(a, b, head)
    return _onwards(a, b, head)


def _is_over(a: Place, b: Place) -> bool:
    """Back on the upper line, or past other nodes of it."""
    upper = max(a.y, b.y) <= UPPER + APART
    return upper and (b.x <= a.x or b.x - a.x > 1.5 * PITCH)


def _onwards(a: Place, b: Place, head: float) -> _Route:
    """To the next column of the upper line; a fork's label stands outside of it."""
    start, tip = Place(a.x + WIDE / 2, a.y), Place(b.x - WIDE / 2, b.y)
    mid = (start.x + tip.x) / 2
    outer = b.y if b.y != UPPER else a.y
    label = (mid, outer + 20) if outer > UPPER else (mid, outer - 12)
    path = _curve(start, (mid, a.y), (mid, b.y), Place(tip.x - head, b.y))
    return _Route(path, tip, (1, 0), label)


def _along(a: Place, b: Place, head: float) -> _Route:
    """On the lower line, to the left."""
    start, tip = Place(a.x - WIDE / 2, a.y), Place(b.x + WIDE / 2, b.y)
    path = f"M{start.x:.1f} {a.y:.1f}H{tip.x + head:.1f}"
    return _Route(path, tip, (-1, 0), ((start.x + tip.x) / 2, a.y - 12))


def _upright(a: Place, b: Place, head: float, way: int) -> _Route:
    """From line to line: down (`way` 1), or up again (-1)."""
    start = Place(a.x, a.y + way * HIGH / 2)
    tip = Place(b.x, b.y - way * HIGH / 2)
    end = Place(tip.x, tip.y - way * head)
    path = _curve(start, (start.x, start.y + way * 44), (tip.x, tip.y - way * 50), end)
    mid, height = (start.x + tip.x) / 2, (start.y + tip.y) / 2
    label = (mid, height + 18) if way < 0 else (mid + 24, height + 4)
    return _Route(path, tip, (0, way), label, way < 0)


def _over(a: Place, b: Place, head: float) -> _Route:
    """Back on the upper line, or past other nodes: over their heads."""
    start, tip = Place(a.x, a.y - HIGH / 2), Place(b.x, b.y - HIGH / 2)
    top = min(a.y, b.y) - HIGH / 2 - 42
    path = _curve(start, (start.x, top), (tip.x, top), Place(tip.x, tip.y - head))
    label = ((start.x + tip.x) / 2, (start.y + tip.y + 6 * top) / 8 - 6)
    return _Route(path, tip, (0, 1), label, b.x <= a.x)


def _curve(
    start: Place, first: tuple[float, float], second: tuple[float, float], end: Place
) -> str:
    points = (first, second, (end.x, end.y))
    return f"M{start.x:.1f} {start.y:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _head(route: _Route, half: float) -> str:
    """The triangle at the end of an arrow."""
    (dx, dy), tip = route.towards, route.tip
    deep = half * 1.15
    base = Place(tip.x - dx * deep, tip.y - dy * deep)
    corners = (
        tip,
        Place(base.x - dy * half, base.y + dx * half),
        Place(base.x + dy * half, base.y - dx * half),
    )
    return " ".join(f"{corner.x:.1f},{corner.y:.1f}" for corner in corners)


def _linked(address: str | None, inside: Markup) -> Markup:
    return tag("a", {"href": address}, inside) if address else inside
