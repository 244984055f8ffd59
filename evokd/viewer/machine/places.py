"""Where nodes stand: on one line, or outwards on an upper one and back on a lower one.

A loop is folded so that its last node stands below its first. Of all places to fold it, the
narrowest is taken that no other edge has to cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evokd.viewer.machine.arrows import END, Pair
from evokd.viewer.machine.layers import Layers, layered

WIDE, HIGH, PITCH, MARGIN = 116, 38, 160, 8
APART = 34
"""How far two nodes of a layer stand from its middle."""
BETWEEN = 72
"""Pixels between the two lines."""
FEWEST = 6
"""Layers that are folded; fewer stand on one line."""


@dataclass(frozen=True)
class Place:
    """Middle of a node's box."""

    x: float
    y: float
    lower: bool = False
    """It stands on the line that leads back."""
    layer: int = 0
    above: bool = False
    """Another node of its layer stands above it."""
    below: bool = False


@dataclass(frozen=True)
class Fold:
    """How the layers are cut into two lines."""

    upper: int
    """Layers on the upper line."""
    columns: tuple[float, ...]
    """Of each layer."""
    end: float
    """Column of the end."""


def places(edges: Sequence[Pair]) -> dict[str, Place]:
    """Where each node stands; the upper line's middle is at 0.

    Args:
        edges: The drawn ones, in the order in which they were first walked.
    """
    layers = layered(edges)
    ends = any(END in pair for pair in edges)
    fold = folded(layers, edges)
    down = _down(layers, fold)
    found: dict[str, Place] = {}
    for number, row in enumerate(layers.rows):
        lower = number >= fold.upper
        for at, node in enumerate(row):
            shift = (2 * at - len(row) + 1) * APART
            found[node] = Place(
                _x(fold.columns[number]),
                shift + (down if lower else 0),
                lower,
                number,
                at > 0,
                at < len(row) - 1,
            )
    if ends:
        lower = fold.upper < len(layers.rows)
        found[END] = Place(_x(fold.end), down if lower else 0, lower, len(layers.rows))
    return found


def _x(column: float) -> float:
    return MARGIN + WIDE / 2 + column * PITCH


def _down(layers: Layers, fold: Fold) -> float:
    """How far the lower line is below the upper one."""
    sizes = [(len(row) - 1) * APART for row in layers.rows]
    upper, lower = sizes[: fold.upper], sizes[fold.upper :]
    return max(upper, default=0) + max(lower, default=0) + HIGH + BETWEEN


def folded(layers: Layers, edges: Sequence[Pair]) -> Fold:
    """The best way to cut the layers into two lines; see `_cost`.

    The end has its place from the beginning, so that nothing moves when a run gets there.
    """
    many = len(layers.rows)
    if many < FEWEST:
        return Fold(many, tuple(map(float, range(many))), float(many))
    closing = _closing(layers)
    cuts = range(2, many)
    upper = min(cuts, key=lambda cut: (_cost(cut, layers, edges, closing), cut))
    columns = _columns(upper, many, closing)
    shift = max(0.0, 1 - min(columns[upper:]))
    columns = [column + shift for column in columns]
    return Fold(upper, tuple(columns), 0.0)


def _closing(layers: Layers) -> tuple[int, int] | None:
    """Layers of the source and the target of the longest way back."""
    of = layers.of
    spans = [(of[s] - of[t], -of[t]) for s, t in layers.back]
    if not spans:
        return None
    span, first = max(spans)
    return (-first + span, -first) if span > 0 else None


def _cost(
    cut: int, layers: Layers, edges: Sequence[Pair], closing: tuple[int, int] | None
) -> float:
    """Edges that would have to cross the fold, boxes in the way of those that do, and width."""
    of, many = layers.of, len(layers.rows)
    cost = 0.0
    for source, target in edges:
        if target == END:  # which stands on the lower line
            cost += 8 * (of[source] < cut)
            continue
        if (of[source] < cut) == (of[target] < cut):
            continue
        closes = closing is not None and of[target] == closing[1] and of[source] >= cut
        if closes:
            continue
        cost += 0 if of[target] - of[source] == 1 else 10
        cost += 6 * (source != layers.rows[of[source]][-1])
        cost += 6 * (target != layers.rows[of[target]][0])
    first, last = (closing[1], closing[0]) if closing else (0, many - 1)
    cost += 2 * (last - cut + 1 > cut - first)  # the loop's end stands left of its beginning
    cost += 10 * (closing is not None and not first < cut <= last)
    return cost + 1.5 * max(cut, many - cut + 1)


def _columns(cut: int, many: int, closing: tuple[int, int] | None) -> list[float]:
    """Of each layer: outwards one by one; back so that the loop ends below where it begins."""
    upper = [float(number) for number in range(cut)]
    right = float(cut - 1)
    last = closing[0] if closing else many - 1
    loop = last - cut + 1
    if loop < 1:  # all of it stands on the upper line
        return [*upper, *(right - number for number in range(many - cut))]
    rest = many - 1 - last
    under = max(float(closing[1] if closing else 0), float(rest + 1))
    step = max(1.0, (right - under) / (loop - 1)) if loop > 1 else 1.0
    lower = [right - step * number for number in range(loop)]
    lower += [lower[-1] - number for number in range(1, rest + 1)]
    return [*upper, *lower]
