"""Curves as a picture: score against tokens, shares by round."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evokd.runs.formatting import short
from evokd.viewer.legend import legend
from evokd.viewer.svg import COLOURS, line, picture, tag, text

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 24, 34, 48
MOST_DOTS = 300
"""Points of a line that has dots; of more they run into one another."""
DASHES = (None, "7 4", "2 3", "9 3 2 3", "14 4", "5 2 1 2 1 2", "1 4", "12 3 5 3")
"""Lines differ by more than colour."""


CURVES = (*COLOURS[:6], COLOURS[7], "#9e6ebd")
"""Without the yellow, which makes a thin line that nobody sees on white."""


@dataclass(frozen=True)
class ChartLine:
    """A line: (x, y) points, left to right."""

    name: str
    points: tuple[tuple[float, float], ...]
    dots: bool = True
    """A dot at each point; else the line alone, as of what was computed and not observed."""


def chart(
    name: str,
    across: str,
    curves: Sequence[ChartLine],
    *,
    whole: bool = False,
    shares: bool = False,
) -> Markup:
    """Curves over one another.

    Args:
        name: What the picture shows.
        across: What the horizontal axis is.
        curves: The lines; of those without points there is only the name.
        whole: The axis of y begins at 0; else it spans what there is.
        shares: x is in [0, 1], in percent; else it is counted.
    """
    points = [point for curve in curves for point in curve.points]
    if not points:
        return Markup("")
    xs = ticks(0, 1, 5) if shares else counted(max(x for x, _ in points))
    named = _hundredths if shares else short
    across = f"{across}, %" if shares else across
    ys = ticks(0 if whole else min(y for _, y in points), max(y for _, y in points), 5)

    def place(x: float, y: float) -> tuple[float, float]:
        right = (x - xs[0]) / (xs[-1] - xs[0]) * (WIDTH - LEFT - RIGHT)
        up = (y - ys[0]) / (ys[-1] - ys[0]) * (HEIGHT - TOP - BOTTOM)
        return LEFT + right, HEIGHT - BOTTOM - up

    parts = [
        _grid(xs, ys, place, named),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, across, "axis", "middle"),
    ]
    exact = _percent if shares else _whole
    parts += [
        _curve(number, curve, place, exact, digits_of(ys[1] - ys[0]))
        for number, curve in enumerate(curves)
        if curve.points
    ]
    names, above = legend([curve.name for curve in curves], _dash, 30, LEFT, WIDTH)
    words = f"{name}, by {across}"
    return picture(WIDTH, HEIGHT + above, words, *parts, names, kind="chart", top=-above)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from below `low` to above `high`."""
    if not (math.isfinite(low) and math.isfinite(high)) or high - low < 1e-9:
        low, high = (low, low + 1) if math.isfinite(low) else (0.0, 1.0)
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


def counted(most: float) -> list[float]:
    """Ticks of what is counted, rounds or tokens: from 0, and never a half."""
    found = ticks(0, most, 6)
    return found if found[1] >= 1 else [float(n) for n in range(max(1, math.ceil(most)) + 1)]


def digits_of(step: float) -> int:
    """Digits behind the point that tell values apart which lie a step from one another."""
    return min(9, max(3, 1 - math.floor(math.log10(step)))) if step > 0 else 3


ChartPoint = Callable[[float, float], tuple[float, float]]
Named = Callable[[float], str]
"""A value of x, in words."""


def _percent(x: float) -> str:
    return f"{100 * x:.1f}".removesuffix(".0") + " %"


def _hundredths(x: float) -> str:
    return f"{100 * x:.0f}"


def _whole(x: float) -> str:
    return f"{x:,.0f}"


def _grid(xs: Sequence[float], ys: Sequence[float], place: ChartPoint, named: Named) -> Markup:
    parts = []
    digits = digits_of(ys[1] - ys[0])
    for y in ys:
        left, at = place(xs[0], y)
        parts.append(line(left, at, WIDTH - RIGHT, at, "grid"))
        said = f"{y:.{digits}f}".rstrip("0").rstrip(".")
        parts.append(text(left - 6, at + 4, said, "tick", "end"))
    for x in xs:
        at, low = place(x, ys[0])
        parts.append(line(at, low, at, low + 4, "grid"))
        parts.append(text(at, low + 17, named(x), "tick", "middle"))
    return tag("g", {}, *parts)


def _curve(number: int, curve: ChartLine, place: ChartPoint, named: Named, digits: int) -> Markup:
    colour = CURVES[number % len(CURVES)]
    spots = [place(x, y) for x, y in curve.points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
    shape = {
        "d": path,
        "class": "curve",
        "stroke": colour,
        "stroke-dasharray": DASHES[number % len(DASHES)],
    }
    dots = []
    dotted = curve.dots and len(spots) <= MOST_DOTS
    for (x, y), (at, up) in zip(curve.points, spots, strict=True) if dotted else ():
        spot = {"cx": at, "cy": up, "r": 3.2 if len(spots) < 60 else 1.6, "fill": colour}
        said = f"{curve.name}: {y:.{digits}f} at {named(x)}"
        dots.append(tag("circle", spot, tag("title", {}, said)))
    return tag("g", {}, tag("path", shape), *dots)


def _dash(number: int, x: float, y: float) -> Markup:
    shape = {
        "d": f"M{x:.1f} {y:.1f}h24",
        "class": "curve",
        "stroke": CURVES[number % len(CURVES)],
        "stroke-dasharray": DASHES[number % len(DASHES)],
    }
    return tag("path", shape)
