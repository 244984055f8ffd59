"""A round's calls over time: lanes of calls that were in flight at once, and how many there were.

Long stretches in which nothing was in flight (a night before a resume, a person's verdicts) are cut
out, so that what happened can be seen; where and how long is said.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from evokd.ledger.timeline import TimedCall

LONG_GAP_S = 30.0
"""Shortest stretch without a call that may be cut."""
GAP_SHARE = 0.5
"""Of the time with calls; a shorter stretch is drawn as it is."""
CUT_SHARE = 0.03
"""Of the time with calls that stands for a stretch that was cut."""


class TimedBar(NamedTuple):
    """A call on the time line."""

    call: TimedCall
    start: float
    """Seconds of the line."""
    end: float
    lane: int
    """From 0: the lowest that was free."""
    seconds: float
    """As the clock had it."""

    @property
    def tokens(self) -> int:
        return self.call.prompt + self.call.completion


class CutGap(NamedTuple):
    """Where time was cut out."""

    at: float
    """Seconds of the line."""
    end: float
    seconds: float
    """Of the clock."""


@dataclass(frozen=True)
class Timeline:
    """Calls of a round, or of a part of a large one."""

    bars: tuple[TimedBar, ...]
    """In the order they were opened."""
    lanes: int
    length: float
    """Seconds of the line."""
    seconds: float
    """From the first call opened to the last one closed, by the clock."""
    busy: float
    """Of these, with a call in flight."""
    gaps: tuple[CutGap, ...]
    steps: tuple[tuple[float, int], ...]
    """(seconds of the line, calls in flight from there on)."""
    began: datetime

    @property
    def peak(self) -> int:
        """Most calls in flight at once."""
        return max((n for _, n in self.steps), default=0)

    @property
    def mean(self) -> float:
        """Calls in flight, mean over the time with any."""
        return sum(bar.seconds for bar in self.bars) / self.busy if self.busy else 0.0


def timeline(calls: Sequence[TimedCall]) -> Timeline | None:
    """The line of some calls; None where none has a time.

    A call that is still open ends with the last that is known of the others.
    """
    times = [(call, _seconds(call.opened_at), _seconds(call.closed_at)) for call in calls]
    known = [(call, opened, closed) for call, opened, closed in times if opened is not None]
    if not known:
        return None
    latest = max(max(opened, closed or opened) for _, opened, closed in known)
    spans = sorted(
        ((opened, max(opened, latest if closed is None else closed), call.seq, call)
         for call, opened, closed in known),
        key=lambda one: one[:3],
    )  # fmt: skip
    first = spans[0][0]
    busy, gaps = _gaps(spans)
    bars, lanes = _laid(spans, gaps)
    length = max(bar.end for bar in bars)
    return Timeline(
        bars=tuple(bars),
        lanes=lanes,
        length=length,
        seconds=latest - first,
        busy=busy,
        gaps=tuple(gaps),
        steps=tuple(_steps(bars)),
        began=datetime.fromtimestamp(first, UTC),
    )


Spans = Sequence[tuple[float, float, int, TimedCall]]
"""(opened, closed, number, call), by the time they were opened."""


def _gaps(spans: Spans) -> tuple[float, list[CutGap]]:
    """Time with calls in flight, and the stretches that are cut out of the rest."""
    idle, busy, until = [], 0.0, spans[0][0]
    for opened, closed, *_ in spans:
        if opened > until:
            idle.append((until, opened))
        busy += max(0.0, closed - max(opened, until))
        until = max(until, closed)
    found, removed, first = [], 0.0, spans[0][0]
    shown = max(CUT_SHARE * busy, 0.05)
    for begin, end in idle:
        if end - begin > max(LONG_GAP_S, GAP_SHARE * busy):
            at = begin - first - removed
            found.append(CutGap(at, at + shown, end - begin))
            removed += end - begin - shown
    return busy, found


def _laid(spans: Spans, gaps: Sequence[CutGap]) -> tuple[list[TimedBar], int]:
    """Bars in the lowest lane that is free, on the line without what was cut."""
    first = spans[0][0]
    cuts = []
    removed = 0.0
    for gap in gaps:  # from the clock's time after it, so much less
        after = gap.at + removed + gap.seconds
        removed += gap.seconds - (gap.end - gap.at)
        cuts.append((after, removed))
    free: list[int] = []
    taken: list[tuple[float, int]] = []
    bars, lanes = [], 0
    for opened, closed, _, call in spans:
        while taken and taken[0][0] <= opened:
            heapq.heappush(free, heapq.heappop(taken)[1])
        lane = heapq.heappop(free) if free else lanes
        lanes = max(lanes, lane + 1)
        heapq.heappush(taken, (closed, lane))
        start, end = (at - first - _removed(cuts, at - first) for at in (opened, closed))
        bars.append(TimedBar(call, start, end, lane, closed - opened))
    return bars, lanes


def _removed(cuts: Sequence[tuple[float, float]], at: float) -> float:
    return next((removed for after, removed in reversed(cuts) if at >= after - 1e-9), 0.0)


def _steps(bars: Sequence[TimedBar]) -> list[tuple[float, int]]:
    changes: dict[float, int] = {}
    for bar in bars:
        if bar.end > bar.start:
            changes[bar.start] = changes.get(bar.start, 0) + 1
            changes[bar.end] = changes.get(bar.end, 0) - 1
    steps, now = [(0.0, 0)], 0
    for at, change in sorted(changes.items()):
        now += change
        steps.append((at, now))
    return steps


def thinned(steps: Sequence[tuple[float, int]], most: int) -> list[tuple[float, int]]:
    """At most about `most` steps: of neighbours that fall together the highest stays."""
    if len(steps) <= most:
        return list(steps)
    width = (steps[-1][0] - steps[0][0]) / most or 1.0
    found: dict[int, int] = {}
    for (at, now), (until, _) in pairwise([*steps, steps[-1]]):
        for place in range(int(at / width), int(max(at, until - 1e-9) / width) + 1):
            found[place] = max(found.get(place, 0), now)
    last = steps[-1]  # the product may round to just behind it
    return [*((min(place * width, last[0]), now) for place, now in sorted(found.items())), last]


def _seconds(at: str | None) -> float | None:
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
