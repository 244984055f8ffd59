"""Stacked columns as a picture: a column a round, its rows by label, its tokens by edge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from evokd.runs.formatting import count, short
from evokd.viewer.chart import ticks
from evokd.viewer.legend import LETTER, legend
from evokd.viewer.svg import COLOURS, line, picture, tag, text

MOST_LABELS = len(COLOURS) - 1
MOST_COLUMNS = 60
WIDTH, HEIGHT = 640, 280
LEFT, RIGHT, TOP, BOTTOM = 60, 12, 52, 46
REST = "other labels"


def leading(labels: Sequence[str], totals: Counter[str]) -> list[str]:
    """The labels that get a colour: the config's order where they all fit, else the largest."""
    known = [label for label in labels if totals[label]]
    names = [*known, *sorted(set(totals) - set(known))]
    if len(names) <= MOST_LABELS:
        return names
    return [label for label, _ in totals.most_common(MOST_LABELS)]


def colour_of(label: str, names: Sequence[str]) -> str:
    """A label's colour, the same in every picture of the run."""
    return COLOURS[names.index(label)] if label in names else COLOURS[-1]


def columns(by_round: Mapping[int, Counter[str]]) -> dict[str, Counter[str]]:
    """Name of a column → its rows by label; many rounds share columns."""
    rounds = sorted(by_round)
    size = max(1, -(-len(rounds) // MOST_COLUMNS))
    found = {}
    for start in range(0, len(rounds), size):
        part = rounds[start : start + size]
        name = str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}"
        found[name] = sum((by_round[number] for number in part), Counter[str]())
    return found


def bars(by_round: Mapping[int, Counter[str]], labels: Sequence[str]) -> Markup:
    """Accepted rows by round and label; nothing where there are no rows."""
    stacks = columns(by_round)
    totals = sum(stacks.values(), Counter[str]())
    title = "Accepted rows by label and round"
    return stacked(title, "round", stacks, leading(labels, totals), REST)


def stacked(
    title: str,
    across: str,
    stacks: Mapping[str, Counter[str]],
    names: Sequence[str],
    rest: str,
    unit: str = "×",
) -> Markup:
    """Columns side by side; nothing where all are empty.

    Args:
        title: What the picture shows.
        across: What a column is.
        stacks: Name of a column → amount of each part, from the left.
        names: The parts that have a colour of their own, from the bottom; at most `MOST_LABELS`.
        rest: What the other parts are called, which lie on top together.
        unit: Between an amount and its part, in words.
    """
    most = max((stack.total() for stack in stacks.values()), default=0)
    if not most:
        return Markup("")
    scale = ticks(0, most, 4)
    if scale[1] < 1:  # what is counted has no halves
        scale = [float(n) for n in range(most + 1)]
    high = HEIGHT - TOP - BOTTOM
    pitch = (WIDTH - LEFT - RIGHT) / len(stacks)
    parts = []
    for tick in scale:
        y = HEIGHT - BOTTOM - high * tick / scale[-1]
        parts += [
            line(LEFT, y, WIDTH - RIGHT, y, "grid"),
            text(LEFT - 6, y + 4, short(tick), "tick", "end"),
        ]
    widest = max(map(len, stacks)) * LETTER + 8
    every = max(1, -(-len(stacks) // 12), math.ceil(widest / pitch))
    others = False
    for number, (name, stack) in enumerate(stacks.items()):
        x = LEFT + number * pitch
        ordered = [(part, stack[part], COLOURS[at]) for at, part in enumerate(names)]
        left = stack.total() - sum(amount for _, amount, _ in ordered)
        others = others or left > 0
        column = f"{across} {name}"
        pieces = [*ordered, (rest, left, COLOURS[-1])]
        place = (x + pitch * 0.12, pitch * 0.76)
        parts.append(_stack(*place, column, pieces, high / scale[-1], unit))
        if number % every == 0:
            parts.append(text(x + pitch / 2, HEIGHT - BOTTOM + 17, name, "tick", "middle"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, across, "axis", "middle"))
    shown, over = legend([*names, *[rest] * others], _box, 17, LEFT, WIDTH, room=2)
    return picture(WIDTH, HEIGHT + over, title, *parts, shown, kind="chart", top=-over)


def _stack(
    x: float,
    width: float,
    name: str,
    pieces: Sequence[tuple[str, int, str]],
    scale: float,
    unit: str,
) -> Markup:
    parts, y = [], float(HEIGHT - BOTTOM)
    for part, amount, colour in pieces:
        if amount:
            y -= amount * scale
            shape = {"x": x, "y": y, "width": width, "height": amount * scale, "class": "bar",
                     "fill": colour}  # fmt: skip
            said = f"{name}: {count(amount)} {unit} {part}"
            parts.append(tag("rect", shape, tag("title", {}, said)))
    return tag("g", {}, *parts)


def _box(number: int, x: float, y: float) -> Markup:
    shape = {"x": x, "y": y - 6, "width": 12, "height": 12, "fill": COLOURS[number]}
    return tag("rect", shape)
