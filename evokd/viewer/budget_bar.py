"""A limit as a bar and as words: what is used, what is reserved, what is left."""

from __future__ import annotations

from markupsafe import Markup

from evokd.runs.at_work import BudgetBar
from evokd.runs.endings import amount, share
from evokd.viewer.svg import picture, tag

WIDTH, HIGH = 320, 12


def budget_words(bar: BudgetBar) -> str:
    """`3,200 of 4,000 tokens used, 400 more reserved`."""
    said = f"{share(bar.limit, bar.used, bar.allowed)} used"
    return f"{said}, {amount(bar.limit, bar.reserved)} more reserved" if bar.reserved else said


def budget_bar(bar: BudgetBar) -> Markup:
    """The picture; used is full, reserved is hatched by its colour."""
    used = WIDTH * min(1.0, bar.used / bar.allowed)
    held = WIDTH * bar.share - used
    parts = [
        tag("rect", {"x": x, "y": 0, "width": wide, "height": HIGH, "class": kind})
        for x, wide, kind in (
            (0.0, float(WIDTH), "room"), (0.0, used, "used"), (used, held, "reserved"),
        )
        if wide > 0
    ]  # fmt: skip
    return picture(WIDTH, HIGH, budget_words(bar), *parts, kind="budget")
