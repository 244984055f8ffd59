"""Class balance by round as a picture: a column a round, its rows stacked by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from evokd.runs.formatting import count, short
from evokd.viewer.chart import LETTER, ticks
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
    """The picture; nothing where there are no rows."""
    stacks = columns(by_round)
    if not stacks:
        return Markup("")
    totals = sum(stacks.values(), Counter[str]())
    names = leading(labels, totals)
    scale = ticks(0, max(stack.total() for stack in stacks.values()), 4)
    high = HEIGHT - TOP - BOTTOM
    pitch = (WIDTH - LEFT - RIGHT) / len(stacks)
    parts = []
    for tick in scale:
        y = HEIGHT - BOTTOM - high * tick / scale[-1]
        parts += [
            line(LEFT, y, WIDTH - RIGHT, y, "grid"),
            text(LEFT - 6, y + 4, short(tick), "tick", "end"),
        ]
    every = max(1, -(-len(stacks) // 12))
    for number, (name, stack) in enumerate(stacks.items()):
        x = LEFT + number * pitch
        parts.append(_stack(x + pitch * 0.12, pitch * 0.76, name, stack, names, high / scale[-1]))
        if number % every == 0:
            parts.append(text(x + pitch / 2, HEIGHT - BOTTOM + 17, name, "tick", "middle"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "round", "axis", "middle"))
    rest = [REST] if set(totals) - set(names) else []
    parts.append(_legend([*names, *rest]))
    return picture(WIDTH, HEIGHT, "Accepted rows by label and round", *parts, kind="chart")


def _stack(
    x: float, width: float, name: str, stack: Counter[str], names: Sequence[str], scale: float
) -> Markup:
    parts, y = [], float(HEIGHT - BOTTOM)
    others = sum(rows for label, rows in stack.items() if label not in names)
    for label, rows in [*((label, stack[label]) for label in names), (REST, others)]:
        if rows:
            y -= rows * scale
            shape = {"x": x, "y": y, "width": width, "height": rows * scale, "class": "bar",
                     "fill": colour_of(label, names)}  # fmt: skip
            said = f"round {name}: {count(rows)} × {label}"
            parts.append(tag("rect", shape, tag("title", {}, said)))
    return tag("g", {}, *parts)


def _legend(names: Sequence[str]) -> Markup:
    parts, x, y = [], float(LEFT), 8.0
    for label in names:
        shown = label if len(label) <= 24 else f"{label[:23]}…"
        wide = 26 + LETTER * len(shown)
        if x + wide > WIDTH and x > LEFT:
            x, y = float(LEFT), y + 22
        box = {"x": x, "y": y, "width": 12, "height": 12, "fill": colour_of(label, names)}
        parts += [tag("rect", box), text(x + 17, y + 10, shown, "legend")]
        x += wide
    return tag("g", {}, *parts)
