"""Numbers as tables write them."""

from __future__ import annotations

from evokd.studies.report.markup import EMPTY
from evokd.studies.report.stats import Interval, Summary

DIGITS = 3
"""Of a score; what is written alike is alike."""


def mean_sd(summary: Summary) -> str:
    """`0.640 ± 0.012`; of one seed the mean alone."""
    mean, sd = summary.mean, summary.sd
    if mean is None:
        return EMPTY
    return f"{mean:.{DIGITS}f}" + (f" ± {sd:.{DIGITS}f}" if sd is not None else "")


def interval_text(interval: Interval | None, with_sign: bool = False) -> str:
    """`0.512 to 0.604`."""
    if interval is None:
        return EMPTY
    low, high = interval
    return f"{signed(low)} to {signed(high)}" if with_sign else f"{low:.3f} to {high:.3f}"


def with_interval(value: float | None, interval: Interval | None) -> str:
    """`−0.210 (−0.300 to −0.120)`."""
    if value is None or interval is None:
        return signed(value)
    return f"{signed(value)} ({interval_text(interval, with_sign=True)})"


def signed(value: float | None, digits: int = 3) -> str:
    """With a sign in front; what rounds to 0 has none."""
    if value is None:
        return EMPTY
    text = f"{value:+.{digits}f}"
    return f"{0:.{digits}f}" if not text.strip("+-0.") else text.replace("-", "−")


def share(value: float | None) -> str:
    """Three digits."""
    return EMPTY if value is None else f"{value:.3f}"


def p_text(value: float | None) -> str:
    """Three digits, and never 0."""
    if value is None:
        return EMPTY
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def whole(value: float | None) -> str:
    """Without digits behind the point."""
    return EMPTY if value is None else f"{value:,.0f}"
