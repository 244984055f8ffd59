"""A round's calls as a picture: a bar a call over time, lanes by concurrency, and how many at once.

Roles have colours; what became of a call is marked by form. Each bar leads to its call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from markupsafe import Markup

from evokd.runs.formatting import brief, count, short, span
from evokd.runs.timeline import TimedBar, Timeline, thinned
from evokd.viewer.chart import ticks
from evokd.viewer.legend import legend
from evokd.viewer.svg import COLOURS, line, picture, tag, text

WIDTH, TOP = 960, 32
LEFT, RIGHT = 40, 14
MOST_BARS = 250
MOST_STEPS = 400
TALLEST, LOWEST, ROOM = 18.0, 4.0, 460.0
"""Heights of a lane; all lanes lie in so much room, as far as they can."""
BELOW = 76
"""Height of the picture of calls in flight."""
FAILED = frozenset({"rejected", "error"})
REST = "other roles"
DARK = frozenset({COLOURS[0]})
"""Colours on which words are white."""

LinkOf = Callable[[str], str | None]


def drawn(found: Timeline) -> list[TimedBar]:
    """The bars that are drawn: the longest, in their order."""
    longest = sorted(found.bars, key=lambda bar: (-bar.seconds, bar.call.seq))[:MOST_BARS]
    return sorted(longest, key=lambda bar: bar.call.seq)


def colours_of(roles: Sequence[str]) -> dict[str, str]:
    """Role → colour; those beyond the colours share the last one."""
    return {role: COLOURS[min(at, len(COLOURS) - 1)] for at, role in enumerate(roles)}


def waterfall(name: str, found: Timeline, roles: Sequence[str], link: LinkOf) -> Markup:
    """The picture.

    Args:
        name: What it shows.
        found: The calls.
        roles: All roles of the run, whose order gives the colours.
        link: The address of a call; None: of none.
    """
    colours = colours_of(roles)
    bars = drawn(found)
    met = [role for role in roles if any(bar.call.agent == role for bar in bars)]
    names, above = _legend(met, colours)
    lanes = {lane: at for at, lane in enumerate(sorted({bar.lane for bar in bars}))}
    lane = min(TALLEST, max(LOWEST, ROOM / max(1, len(lanes))))
    low = TOP + lane * len(lanes)
    scale = (WIDTH - LEFT - RIGHT) / max(found.length, 1e-6)

    def across(seconds: float) -> float:
        return LEFT + seconds * scale

    parts = [names, _time(found, across, TOP, low)]
    parts += [_bar(bar, across, TOP + lane * lanes[bar.lane], lane, colours, link) for bar in bars]
    parts += [_gap(across(gap.at), across(gap.end), TOP, low, gap.seconds) for gap in found.gaps]
    parts.append(_in_flight(found, across, low + 34))
    high = low + 34 + BELOW + 8 + above
    return picture(WIDTH, high, name, *parts, kind="waterfall", top=-above)


def _time(found: Timeline, across: Callable[[float], float], top: float, low: float) -> Markup:
    parts = []
    for at in ticks(0, found.length, 8):
        if at <= found.length * 1.001:
            x = across(at)
            parts.append(line(x, top, x, low + 34 + BELOW, "grid"))
            edge = x > WIDTH - 24  # half of "120 ms" would stand outside
            parts.append(text(x, low + 15, brief(at), "tick", "end" if edge else "middle"))
    return tag("g", {}, *parts)


def _bar(
    bar: TimedBar,
    across: Callable[[float], float],
    y: float,
    lane: float,
    colours: Mapping[str, str],
    link: LinkOf,
) -> Markup:
    call = bar.call
    x, high = across(bar.start), max(2.0, lane - 2)
    wide = max(2.0, across(bar.end) - x)
    colour = colours.get(call.agent, COLOURS[-1])
    plain = call.status == "ok"
    hollow = not plain and call.status not in FAILED
    kind = "call whole" if plain else "call hollow" if hollow else "call lost"
    box = {"x": x, "y": y + 1, "width": wide, "height": high}
    shape = {**box, "class": kind, "fill": colour, "stroke": colour}
    words = (
        f"{call.agent}: {call.status}, {count(bar.tokens)} tokens"
        f" ({count(call.prompt)} + {count(call.completion)}), {brief(bar.seconds)}"
    )
    parts = [tag("rect", shape)]
    if call.status in FAILED:
        parts.append(_cross(x + wide / 2, y + 1 + high / 2, min(4.0, high / 2)))
    label = short(bar.tokens)
    if bar.tokens and wide > 7 * len(label) + 22 and high > 10:
        ink = "inside light" if colour in DARK and plain else "inside"
        parts.append(text(x + 4, y + high - 2, label, ink))
    where = link(call.id)
    inside = (tag("title", {}, words), *parts)
    return (
        tag("a", {"href": where, "aria-label": words}, *inside) if where else tag("g", {}, *inside)
    )


def _cross(x: float, y: float, size: float) -> Markup:
    d = f"M{x - size:.1f} {y - size:.1f}l{2 * size:.1f} {2 * size:.1f}m0 {-2 * size:.1f}"
    return tag("path", {"d": f"{d}l{-2 * size:.1f} {2 * size:.1f}", "class": "cross"})


def _gap(left: float, right: float, top: float, low: float, seconds: float) -> Markup:
    box = {
        "x": left,
        "y": top,
        "width": max(2.0, right - left),
        "height": low - top,
        "class": "gap",
    }
    words = f"{_long(seconds)} without a call, left out"
    return tag("g", {}, tag("rect", box, tag("title", {}, words)))


def _long(seconds: float) -> str:
    return span(seconds) if seconds < 86_400 else str(timedelta(seconds=round(seconds)))


def _in_flight(found: Timeline, across: Callable[[float], float], top: float) -> Markup:
    """Calls in flight over time, as steps."""
    low = top + BELOW - 10
    scale = ticks(0, max(1, found.peak), 3)
    scale = [tick for tick in scale if tick == int(tick)] or [0.0, 1.0]
    parts = [text(LEFT, top - 4, "in flight", "tick")]
    for tick in scale:
        y = low - (low - top) * tick / scale[-1]
        parts += [line(LEFT, y, WIDTH - RIGHT, y, "grid"),
                  text(LEFT - 6, y + 4, f"{tick:.0f}", "tick", "end")]  # fmt: skip
    d, y = f"M{across(0):.1f} {low:.1f}", low
    for at, now in thinned(found.steps, MOST_STEPS):
        d += f"H{across(at):.1f}"
        y = low - (low - top) * now / scale[-1]
        d += f"V{y:.1f}"
    d += f"H{across(found.length):.1f}V{low:.1f}Z"
    said = tag("title", {}, f"at most {found.peak} calls in flight, {found.mean:.1f} on average")
    return tag("g", {}, *parts, tag("path", {"d": d, "class": "flight"}, said))


def _legend(roles: Sequence[str], colours: Mapping[str, str]) -> tuple[Markup, float]:
    """Roles by colour, then what became of a call by form; and how far they reach above."""
    entries = [(role, colours[role], "") for role in roles if colours[role] != COLOURS[-1]]
    if len(entries) < len(roles):
        entries.append((REST, COLOURS[-1], ""))
    entries += [
        ("rejected or error", "#777777", "lost"),
        ("open, cancelled, unsent or replayed", "#777777", "hollow"),
    ]

    def mark(number: int, x: float, y: float) -> Markup:
        _, colour, kind = entries[number]
        shape = {"x": x, "y": y - 5.5, "width": 16, "height": 11, "fill": colour, "stroke": colour,
                 "class": f"call {kind}".strip()}  # fmt: skip
        box = tag("rect", shape)
        return tag("g", {}, box, _cross(x + 8, y, 4)) if kind == "lost" else box

    return legend([words for words, _, _ in entries], mark, 21, LEFT, WIDTH, longest=40)
