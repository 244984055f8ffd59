"""Points inside a line that was drawn around them: its corners stand in the address.

    area=120-340_130-350_90-400

Corners are whole units of the picture, so a line can be shared, and be drawn without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Corner = tuple[float, float]
MOST_CORNERS = 60
_CORNER = re.compile(r"(\d{1,4})-(\d{1,4})")


def corners_of(text: str) -> list[Corner]:
    """The corners of a line; none where it is no line around anything."""
    found = [_CORNER.fullmatch(one) for one in text.split("_")[:MOST_CORNERS]]
    corners = [(float(one[1]), float(one[2])) for one in found if one is not None]
    return corners if len(corners) >= 3 and len(corners) == len(found) else []


def inside(corners: Sequence[Corner], x: float, y: float) -> bool:
    """Whether a point lies inside: a ray to the right of it crosses an odd number of sides."""
    odd = False
    for at, (x1, y1) in enumerate(corners):
        x0, y0 = corners[at - 1]
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            odd = not odd
    return odd
