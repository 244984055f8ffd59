"""The ways of the edges between the boxes: curves, arcs over and under, and where they end.

Edges of neighbouring layers go straight on. Others of a line go over its boxes, or under them where
that is nearer; what changes the line curves through the space between the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evokd.viewer.machine.arrows import Pair
from evokd.viewer.machine.places import HIGH, WIDE, Place

LANE, CLEAR, CORNER = 22, 24, 18
"""Pixels between two arcs, between an arc and the boxes, and of its corners."""
PORT = 22
"""Pixels between two ends on one side of a box."""
ROUND = 42
"""How far a way keeps from the middle of a box's side that it turns around to."""
Spot = tuple[float, float]


@dataclass(frozen=True)
class Route:
    """A way as it is drawn."""

    path: str
    tip: Spot
    """Where the arrow's point is."""
    towards: tuple[int, int]
    label: Spot
    anchor: str = "middle"
    back: bool = False
    reach: tuple[float, float, float, float] = (0, 0, 0, 0)
    """Left, top, right and bottom of it."""


@dataclass(frozen=True)
class _Arc:
    """An edge over or under the boxes of its line."""

    pair: Pair
    left: float
    right: float
    over: bool


def routes(
    pairs: Sequence[Pair], where: Mapping[str, Place], heads: Mapping[Pair, float]
) -> dict[Pair, Route]:
    """The way of each edge.

    Args:
        pairs: The edges; each once.
        where: Of their nodes.
        heads: How long the arrow's point is before which the line ends.
    """
    arcs = [_arc(pair, where) for pair in pairs if _is_arc(pair, where)]
    lanes = _lanes(arcs)
    ends = _ports(pairs, where, {arc.pair: arc for arc in arcs})
    found = {}
    for arc in arcs:
        found[arc.pair] = _bow(arc, where, ends, lanes[arc.pair], heads[arc.pair])
    for pair in pairs:
        if pair in found:
            continue
        a, b = where[pair[0]], where[pair[1]]
        if pair[0] == pair[1]:
            found[pair] = _loop(a, heads[pair])
        elif a.lower == b.lower:
            found[pair] = _onwards(a, b, heads[pair])
        else:
            found[pair] = _across(a, b, ends[pair], heads[pair])
    return found


def _is_arc(pair: Pair, where: Mapping[str, Place]) -> bool:
    a, b = where[pair[0]], where[pair[1]]
    return pair[0] != pair[1] and a.lower == b.lower and not _follows(a, b, where)


def _follows(a: Place, b: Place, where: Mapping[str, Place]) -> bool:
    """Whether nothing stands between the two, and the way is the line's own."""
    ahead = b.x < a.x if a.lower else b.x > a.x
    low, high = sorted((a.x, b.x))
    between = [one for one in where.values() if one.lower == a.lower and low < one.x < high]
    return ahead and not between


def _arc(pair: Pair, where: Mapping[str, Place]) -> _Arc:
    """Over, but on the lower line under; the other way round where a box would be in the way."""
    a, b = where[pair[0]], where[pair[1]]
    over = not a.lower
    if over and (a.above or b.above) and not (a.below or b.below):
        over = False
    elif not over and (a.below or b.below) and not (a.above or b.above):
        over = True
    return _Arc(pair, min(a.x, b.x), max(a.x, b.x), over)


def _lanes(arcs: Sequence[_Arc]) -> dict[Pair, int]:
    """How far out each arc is: short ones inside, no two that meet in one lane."""
    found: dict[Pair, int] = {}
    taken: list[tuple[_Arc, int]] = []
    for arc in sorted(arcs, key=lambda one: (one.right - one.left, one.pair)):
        meets = {
            lane
            for other, lane in taken
            if other.over == arc.over and other.left < arc.right and arc.left < other.right
        }
        lane = max(meets, default=-1) + 1
        taken.append((arc, lane))
        found[arc.pair] = lane
    return found


@dataclass(frozen=True)
class _Ends:
    """By how much a way begins and ends beside the middle of the boxes' sides."""

    begin: float = 0.0
    end: float = 0.0


def _ports(
    pairs: Sequence[Pair], where: Mapping[str, Place], arcs: Mapping[Pair, _Arc]
) -> dict[Pair, _Ends]:
    """Ends at the top or bottom of one box stand side by side, so that they don't cross."""
    sides: dict[tuple[str, bool], list[tuple[float, Pair, bool]]] = {}
    for pair in pairs:
        a, b = where[pair[0]], where[pair[1]]
        if pair[0] == pair[1] or (pair not in arcs and a.lower == b.lower):
            continue
        down = b.lower
        tops = (arcs[pair].over,) * 2 if pair in arcs else (not down, down)
        for begins, top, node, other in (
            (True, tops[0], pair[0], b), (False, tops[1], pair[1], a),
        ):  # fmt: skip
            turns = not (pair in arcs or _is_straight(a, b))
            if not (turns or _is_beside(where[node], top)):
                sides.setdefault((node, top), []).append((other.x, pair, begins))
    shifts: dict[tuple[Pair, bool], float] = {}
    for found in sides.values():
        for at, (_, pair, begins) in enumerate(sorted(found)):
            shifts[pair, begins] = (at - (len(found) - 1) / 2) * PORT
    return {
        pair: _Ends(shifts.get((pair, True), 0.0), shifts.get((pair, False), 0.0)) for pair in pairs
    }


def _is_straight(a: Place, b: Place) -> bool:
    """Whether a way from line to line meets no other box of the two layers."""
    return not (_is_beside(a, top=not b.lower) or _is_beside(b, top=b.lower))


def _is_beside(place: Place, top: bool) -> bool:
    """Whether another box of the layer is before that side."""
    return place.above if top else place.below


def _bow(
    arc: _Arc, where: Mapping[str, Place], ends: Mapping[Pair, _Ends], lane: int, head: float
) -> Route:
    """Over the boxes or under them, with round corners; to one behind another from its side."""
    a, b = where[arc.pair[0]], where[arc.pair[1]]
    way = -1 if arc.over else 1
    spanned = [p.y for p in where.values() if p.lower == a.lower and arc.left <= p.x <= arc.right]
    edge = min(spanned) if arc.over else max(spanned)
    level = edge + way * (HIGH / 2 + CLEAR + LANE * lane)
    right = 1 if b.x > a.x else -1
    x1, y1, begin = _foot(a, right, way, ends[arc.pair].begin)
    x2, y2, end = _foot(b, -right, way, ends[arc.pair].end)
    side = a.x + right * WIDE / 2
    path = f"M{side:.1f} {y1:.1f}H{x1:.1f}" if begin else f"M{x1:.1f} {y1:.1f}"
    path += (
        f"V{level - way * CORNER:.1f}Q{x1:.1f} {level:.1f} {x1 + right * CORNER:.1f} {level:.1f}"
        f"H{x2 - right * CORNER:.1f}Q{x2:.1f} {level:.1f} {x2:.1f} {level - way * CORNER:.1f}"
    )
    tip, towards = (x2, y2), (0, -way)
    if end:
        tip, towards = (b.x - right * WIDE / 2, b.y), (right, 0)
        path += f"V{b.y:.1f}H{tip[0] - right * head:.1f}"
    else:
        path += f"V{y2 + way * head:.1f}"
    broad = max(0.0, head - 6)  # a thick line has a long point
    label = ((x1 + x2) / 2, level - 7 - broad if arc.over else level + 16 + broad)
    back = (b.x < a.x) is not a.lower
    reach = (min(x1, x2), min(level, y1) - 18, max(x1, x2), max(level, y1) + 20)
    return Route(path, tip, towards, label, back=back, reach=reach)


def _foot(place: Place, right: int, way: int, shift: float) -> tuple[float, float, bool]:
    """Where an arc goes up from a box, or beside it where another one is in the way."""
    if _is_beside(place, top=way < 0):
        return place.x + right * (WIDE / 2 + 22), place.y, True
    return place.x + shift, place.y + way * HIGH / 2, False


def _onwards(a: Place, b: Place, head: float) -> Route:
    """To the next layer of the line; a fork's label stands outside of it."""
    way = -1 if a.lower else 1
    start, tip = (a.x + way * WIDE / 2, a.y), (b.x - way * WIDE / 2, b.y)
    end = (tip[0] - way * head, b.y)
    mid = (start[0] + tip[0]) / 2
    low, high = sorted((a.y, b.y))
    upward = b.y < a.y or (b.y == a.y and not a.above)
    forks = a.y != b.y
    label = (mid, low - 12) if upward or not forks else (mid, high + 20)
    if forks and (a.above or a.below):  # a join: outside means where it comes from
        label = (mid, low - 12) if a.y < b.y else (mid, high + 20)
    path = _curve(start, (mid, a.y), (mid, b.y), end)
    return Route(path, tip, (way, 0), label)


def _across(a: Place, b: Place, ends: _Ends, head: float) -> Route:
    """From line to line, down or up again, around the boxes of the same layer."""
    way = 1 if b.lower else -1
    out_beside = _is_beside(a, top=way < 0)
    in_beside = _is_beside(b, top=way > 0)
    side = 1 if way > 0 else -1  # outwards: right of the fold, left of the loop
    if out_beside:
        start: Spot = (a.x + side * WIDE / 2, a.y)
        first: Spot = (start[0] + side * ROUND, a.y)
    else:
        shift = side * (WIDE / 2 - 16) if in_beside else _level(a, b, ends.begin, ends.end)
        start = (a.x + shift, a.y + way * HIGH / 2)
        first = (start[0], start[1] + way * 46)
    if in_beside:
        tip: Spot = (b.x + side * WIDE / 2, b.y)
        end: Spot = (tip[0] + side * head, b.y)
        second: Spot = (tip[0] + side * ROUND, b.y)
        if not out_beside:
            first = (tip[0] + side * ROUND, start[1] + way * 46)
        towards = (-side, 0)
    else:
        tip = (b.x + _level(b, a, ends.end, ends.begin), b.y - way * HIGH / 2)
        end = (tip[0], tip[1] - way * head)
        second = (tip[0], tip[1] - way * 50)
        towards = (0, way)
    mid = [(start[n] + 3 * first[n] + 3 * second[n] + end[n]) / 8 for n in (0, 1)]
    upright = abs(tip[0] - start[0]) < 30 or in_beside or out_beside
    beside = -side if way > 0 and not (in_beside or out_beside) else side
    label = (mid[0] + beside * 10, mid[1] + 4) if upright else (mid[0], mid[1] + 18)
    anchor = ("start" if beside > 0 else "end") if upright else "middle"
    xs = [start[0], first[0], second[0], end[0]]
    reach = (min(xs), min(start[1], tip[1]), max(xs), max(start[1], tip[1]))
    return Route(_curve(start, first, second, end), tip, towards, label, anchor, way < 0, reach)


def _level(here: Place, there: Place, own: float, other: float) -> float:
    """A way between boxes in one column is upright, where one of its ends stands alone."""
    return other if abs(here.x - there.x) < 1 and not own else own


def _loop(place: Place, head: float) -> Route:
    """From a node to itself, at its upper corner."""
    top = place.y - HIGH / 2
    x1, x2 = place.x + 16, place.x + 48
    path = _curve((x1, top), (x1, top - 40), (x2, top - 40), (x2, top - head))
    reach = (x1, top - 52, x2, top)
    return Route(path, (x2, top), (0, 1), ((x1 + x2) / 2, top - 36), back=True, reach=reach)


def _curve(start: Spot, first: Spot, second: Spot, end: Spot) -> str:
    points = " ".join(f"{x:.1f} {y:.1f}" for x, y in (first, second, end))
    return f"M{start[0]:.1f} {start[1]:.1f}C{points}"
