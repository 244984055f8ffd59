"""Rules replayed on planted curves: stops that are right, stops that are not, and none."""

from __future__ import annotations

import numpy as np

from evokd.studies.measures.stops import (
    StoredCurve,
    below_expected,
    below_gain,
    out_of_patience,
    replay,
    replay_all,
)

TOKENS = tuple(1000.0 * n for n in range(11))
RISING = tuple(0.8 - 0.4 * (n + 1) ** -0.5 for n in range(11))
FLAT = (0.3, *[0.7] * 10)


def curve(scores: tuple[float, ...], seen: tuple[float, ...] | None = None) -> StoredCurve:
    return StoredCurve(TOKENS, seen or scores, scores)


def test_a_flat_curve_is_stopped_at_the_first_round_that_tells_and_rightly() -> None:
    stop = replay(curve(FLAT), below_gain(0.002))
    assert stop is not None
    assert (stop.spent, stop.gained, stop.missed) == (0.5, 0, 0)  # round 5 of 10


def test_a_curve_that_still_rises_goes_on() -> None:
    assert replay(curve(RISING), below_gain(0.002)) is None


def test_a_rule_goes_by_what_it_sees_and_is_judged_by_what_came() -> None:
    """Dev is flat, test rises by 0.02 a round: the stop is wrong."""
    rising = tuple(0.5 + 0.02 * n for n in range(11))
    found = replay_all([curve(rising, FLAT)], below_gain(0.002), 0.002)
    assert (found.stops, found.right, found.right_anywhere) == (1, 0, 0)
    assert found.missed is not None and abs(found.missed - 0.1) < 1e-9


def test_shares_are_of_stops_and_the_base_rate_of_all_rounds() -> None:
    short = StoredCurve(TOKENS[:6], FLAT[:6], FLAT[:6])  # its fifth round is its last
    found = replay_all([curve(FLAT), curve(RISING), short], below_gain(0.002), 0.002)
    assert (found.curves, found.short) == (2, 1)
    assert (found.stops, found.right) == (1, 1)
    assert (found.rounds, found.right_anywhere) == (10, 5)  # rounds 5 to 9 of both; the flat one's
    assert found.spent == 0.5


def test_nothing_to_judge_gives_no_mean() -> None:
    found = replay_all([], below_gain(0.002), 0.002)
    assert (found.stops, found.spent, found.missed) == (0, None, None)


def test_patience_counts_rounds_since_the_best_and_not_the_warm_up() -> None:
    rule = out_of_patience(2)
    assert not rule((0.0,), (0.9,))
    assert not rule((0.0, 1.0, 2.0), (0.9, 0.5, 0.6))
    assert not rule((0.0, 1.0, 2.0, 3.0), (0.9, 0.5, 0.6, 0.6))
    assert rule((0.0, 1.0, 2.0, 3.0, 4.0), (0.9, 0.5, 0.6, 0.6, 0.4))


def planted(curves: int, noise: float) -> list[StoredCurve]:
    """Power laws of fourteen rounds; dev and test have noise of their own."""
    drawn = np.random.default_rng(1)
    found = []
    for _ in range(curves):
        limit, rate = drawn.uniform(0.6, 0.95), drawn.uniform(0.3, 1.2)
        tokens, gap = np.cumsum(drawn.uniform(900, 1700, 14)), drawn.uniform(0.1, 0.4)
        law = limit - gap * (tokens / tokens[0]) ** -rate
        test, dev = law + drawn.normal(0, noise, 14), law + drawn.normal(0, noise, 14)
        lines = (tuple(map(float, line)) for line in (tokens, dev, test))
        found.append(StoredCurve(*lines))
    return found


def test_on_planted_curves_the_rule_is_oftener_right_than_any_other_stop() -> None:
    """The table of docs/design/forecast.md: 17 of 60 are stopped, 65 % of them rightly."""
    curves = planted(60, 0.02)
    careful, bold, patient = (
        replay_all(curves, rule, 0.002)
        for rule in (below_gain(0.002), below_expected(0.002), out_of_patience(3))
    )
    shares = [one.right / one.stops for one in (careful, bold, patient)]
    anywhere = careful.right_anywhere / careful.rounds
    assert shares[0] > anywhere + 0.1 > shares[1]
    assert shares[0] > shares[2] + 0.1
    assert careful.missed is not None and careful.missed < 0.005
