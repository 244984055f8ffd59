"""SVG elements from Python. Text is escaped, numbers are short, colours and fonts are in the CSS.

No `style` attribute ever: the pages' content security policy forbids it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from evokd.viewer.visible import visible

COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#999999",
)  # fmt: skip
"""Okabe and Ito's, which colour-blind people can tell apart; the last one is for the rest."""


def tag(name: str, attributes: Mapping[str, Any], *children: str | Markup) -> Markup:
    """An element; attributes that are None are left out, text children are escaped."""
    said = "".join(
        f' {key}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(
        child if isinstance(child, Markup) else escape(visible(child)) for child in children
    )
    return Markup(f"<{name}{said}>{inside}</{name}>")


def text(x: float, y: float, words: str, kind: str = "", anchor: str | None = None) -> Markup:
    """Words at a place."""
    return tag("text", {"x": x, "y": y, "class": kind or None, "text-anchor": anchor}, words)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line."""
    return tag("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": kind})


def picture(
    width: float,
    height: float,
    name: str,
    *children: Markup,
    kind: str = "",
    top: float = 0,
    left: float = 0,
) -> Markup:
    """The whole picture: one image to hear, or a group of links.

    What it shows stands in a table beside it.
    """
    return tag(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"{left:.0f} {top:.0f} {width:.0f} {height:.0f}",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "class": f"picture {kind}".strip(),
            "role": "group" if kind in ("machine", "waterfall") else "img",
            "aria-label": name,
        },
        *children,
    )


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return visible(str(value))
