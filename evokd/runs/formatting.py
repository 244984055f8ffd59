"""Numbers as people read them, the same on a terminal, on a page and in a report."""

from __future__ import annotations

import re


def count(value: float | None) -> str:
    """12,345; a dash where there is no number."""
    return "–" if value is None else f"{value:,.0f}"


def several(value: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"


def short(value: float) -> str:
    """A number in a picture: 950, 3.9k, 12k, 1.2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * 0.9995:
            scaled = value / size
            digits = f"{scaled:.1f}" if scaled < 9.95 else f"{scaled:.0f}"
            return f"{digits.removesuffix('.0')}{letter}"
    return f"{value:.0f}"


def ratio(value: float | None) -> str:
    """A score or a share, to three places; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def dollars(value: float | None) -> str:
    """An unknown price gives an unknown cost, never 0."""
    return "unknown" if value is None else f"{value:.4f}"


def span(seconds: float | None) -> str:
    """0.4 s, 12 s, 3 min 20 s, 2 h 05 min."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def brief(seconds: float) -> str:
    """The same for what may be shorter than a tenth of a second: 0, 12 ms, 0.4 s."""
    if not 0 < seconds < 0.1:
        return span(seconds) if seconds else "0"
    return f"{1000 * seconds:.3g} ms"


def clock(seconds: float) -> str:
    """1:02:03 or 02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def moment(at: object) -> str:
    """A time of the files (ISO 8601, UTC) to the second; as it is where it is none."""
    text = str(at or "–")
    return (
        f"{text[:10]} {text[11:19]}" if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text) else text
    )
