"""Calls over time: lanes without overlap, calls in flight, stretches that are cut out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evokd.ledger.timeline import TimedCall
from evokd.runs.timeline import thinned, timeline

BEGAN = datetime(2026, 11, 27, 10, tzinfo=UTC)


def call(seq: int, opened: float, closed: float | None, status: str = "ok") -> TimedCall:
    def at(seconds: float) -> str:
        return (BEGAN + timedelta(seconds=seconds)).isoformat()

    return TimedCall(seq, f"c{seq}", "a", "b", "b", "m", status, 10, 5, at(opened),
                     None if closed is None else at(closed))  # fmt: skip


SPANS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), min_size=1, max_size=40)


@given(SPANS)
def test_no_lane_holds_two_calls_at_once(spans: list[tuple[int, int]]) -> None:
    found = timeline([call(n, opened, opened + took) for n, (opened, took) in enumerate(spans)])
    assert found is not None and len(found.bars) == len(spans)
    for lane in range(found.lanes):
        here = [bar for bar in found.bars if bar.lane == lane]
        assert here
        for one, other in pairwise(here):
            assert one.end <= other.start + 1e-6
    most = max(sum(o <= at < o + t for o, t in spans) for at in {opened for opened, _ in spans})
    assert found.peak == most
    assert found.steps[-1][1] == 0
    assert all(bar.end - bar.start == pytest.approx(bar.seconds, abs=1e-5) for bar in found.bars)
    assert max(bar.end for bar in found.bars) == found.length
    covered = {s for o, t in spans for s in range(o, o + t)}
    assert found.busy == pytest.approx(len(covered), abs=1e-3)


def test_a_night_is_cut_out_and_said() -> None:
    calls = [call(1, 0, 10), call(2, 5, 20), call(3, 30_000, 30_010), call(4, 30_012, 30_020)]
    found = timeline(calls)
    assert found is not None
    (gap,) = found.gaps
    assert gap.seconds == pytest.approx(29_980)
    assert found.seconds == pytest.approx(30_020) and found.length < 45
    assert found.bars[2].start == pytest.approx(gap.end)
    assert gap.at == pytest.approx(20), "before it nothing moves"
    assert found.bars[3].start == pytest.approx(found.bars[2].end + 2), "two seconds stay"


def test_an_open_call_ends_with_the_others_and_one_without_times_is_left_out() -> None:
    found = timeline(
        [call(1, 0, 10), call(2, 2, None, "open"), call(3, 0, 1)._replace(opened_at="")]
    )
    assert found is not None
    assert [(bar.call.id, bar.end) for bar in found.bars] == [("c1", 10.0), ("c2", 10.0)]
    assert found.peak == 2 and found.mean == pytest.approx(1.8)
    assert timeline([]) is None
    alone = timeline([call(1, 0, None, "open")])
    assert alone is not None and alone.length == 0 and alone.mean == 0


@given(SPANS, st.integers(5, 30))
@example([(0, 1), (7, 29), (82, 60)], 5)  # 5 * (98.7 / 5) > 98.7
def test_fewer_steps_keep_the_peak(spans: list[tuple[int, int]], most: int) -> None:
    found = timeline([call(n, opened, opened + took) for n, (opened, took) in enumerate(spans)])
    assert found is not None
    kept = thinned(found.steps, most)
    assert len(kept) <= most + 2 or kept == list(found.steps)
    assert max(n for _, n in kept) == found.peak
    assert [at for at, _ in kept] == sorted(at for at, _ in kept)
