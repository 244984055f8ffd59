"""The names of what a picture shows, behind their marks, in as many rows as they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from evokd.viewer.svg import tag, text

LETTER = 9.6
"""Most pixels of a letter: on a narrow screen the picture shrinks and its letters are larger."""
ROW = 22
"""Pixels between two rows."""
LONGEST = 28
"""Letters of a name; of a longer one the end is left out."""
MIDDLE = 14
"""Of the first row that has room in the picture, from its upper edge."""

Mark = Callable[[int, float, float], Markup]
"""Number of the name, x of the left and y of the middle → what stands before it."""


def legend(
    names: Sequence[str],
    mark: Mark,
    wide: float,
    left: float,
    right: float,
    room: int = 1,
    longest: int = LONGEST,
) -> tuple[Markup, float]:
    """The names, and how many pixels their rows reach above the picture.

    Args:
        names: In their order.
        mark: Draws what stands before a name.
        wide: Pixels of a mark and the gap behind it.
        left: x where rows begin.
        right: x where they end at the latest, but for a name that is longer than a row.
        room: Rows that the picture has room for.
        longest: Letters of a name that are shown.
    """
    placed: list[tuple[str, float, int]] = []
    x, row = left, 0
    for name in names:
        shown = name if len(name) <= longest else f"{name[: longest - 1]}…"
        needs = wide + LETTER * len(shown)
        if x + needs > right and x > left:
            x, row = left, row + 1
        placed.append((shown, x, row))
        x += needs + 2 * LETTER
    above = float(ROW * max(0, row + 1 - room))
    parts = []
    for number, (shown, x, at) in enumerate(placed):
        y = MIDDLE - above + ROW * at
        parts += [mark(number, x, y), text(x + wide, y + 4, shown, "legend")]
    return tag("g", {}, *parts), above
