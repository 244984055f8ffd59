"""Curves that look ahead: what the arms' curves promise at their ends, and stopping rules replayed.

Both are of stored curves, after the fact: no run was steered by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evokd.runs.forecast import LEAST, Estimate, Forecast, forecast
from evokd.studies.measures.stops import (
    Replayed,
    StoredCurve,
    below_expected,
    below_gain,
    out_of_patience,
    replay_all,
)
from evokd.studies.report.calibration import mean
from evokd.studies.report.comparisons import Comparison
from evokd.studies.report.markup import EMPTY, CellText, ReportColumn, ReportTable
from evokd.studies.report.numbers import interval_text, share, signed, whole
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import CurvePoint
from evokd.studies.report.stats import Interval

GAINS = (0.001, 0.002, 0.005, 0.01)
"""Score for 1,000 tokens, the values of `loop.stop_below_gain` that are replayed."""
PATIENCE = 3
"""Rounds, of the rule that stands beside it."""


class ForecastLine(NamedTuple):
    """An arm's forecasts, one a run."""

    family: str
    name: str
    forecasts: tuple[Forecast, ...]
    short: int
    """Runs with too few rounds."""

    @property
    def spent(self) -> float | None:
        """Tokens of the last round, mean over runs."""
        return mean(one.spent for one in self.forecasts)

    @property
    def limit(self) -> Estimate:
        """Mean over runs; the lowest and the highest end of their intervals."""
        return _over([one.limit for one in self.forecasts])

    @property
    def gain(self) -> Estimate:
        """Likewise."""
        return _over([one.gain() for one in self.forecasts])


def _over(runs: Sequence[Estimate]) -> Estimate:
    middle = sum(one.value for one in runs) / len(runs)
    return Estimate(middle, min(one.low for one in runs), max(one.high for one in runs))


class ReplayedRule(NamedTuple):
    """A stopping rule over all curves of a study."""

    name: str
    least: float
    """Score for 1,000 tokens."""
    found: Replayed


def forecast_tables(
    study: StudyResults, grouped: Sequence[Comparison], gains: Sequence[float] = GAINS
) -> list[ReportTable]:
    """None where no curve is long enough."""
    curves = stored_curves(study)
    lines = [one for one in forecast_lines(grouped, curves) if one.forecasts]
    tables = [ahead_table(lines)] if lines else []
    if any(curve.judged for curve in curves.values()):
        tables.append(stops_table(list(curves.values()), gains))
    return tables


def stored_curves(study: StudyResults) -> dict[str, StoredCurve]:
    """Cell → its curve, of those whose rounds all have a score."""
    by_cell: dict[str, list[CurvePoint]] = {}
    for point in sorted(study.points, key=lambda point: point.round):
        by_cell.setdefault(point.cell, []).append(point)
    return {cell: found for cell, rounds in by_cell.items() if (found := _curve(rounds))}


def _curve(rounds: Sequence[CurvePoint]) -> StoredCurve | None:
    scores = [one.macro_f1 if one.score is None else one.score for one in rounds]
    known = [score for score in scores if score is not None]
    if len(known) < len(rounds) or not rounds[-1].billed_tokens:
        return None
    dev = [one.dev_score for one in rounds if one.dev_score is not None]
    seen = dev if len(dev) == len(rounds) else known
    return StoredCurve(tuple(float(one.billed_tokens) for one in rounds), tuple(seen), tuple(known))


def forecast_lines(
    grouped: Sequence[Comparison], curves: dict[str, StoredCurve]
) -> list[ForecastLine]:
    """By family and arm, those that spend tokens."""
    found = []
    for comparison in grouped:
        for line in comparison.lines:
            own = [curves[one.cell] for one in comparison.of(line) if one.cell in curves]
            told = [forecast(curve.tokens, curve.scores) for curve in own]
            known = tuple(one for one in told if one is not None)
            found.append(ForecastLine(comparison.title, line.name, known, len(told) - len(known)))
    return found


def ahead_table(lines: Sequence[ForecastLine]) -> ReportTable:
    """What each arm's curve promises at its end."""
    heads = ("family", "method", "runs", "too few rounds", "tokens", "limit", "lowest to highest",
             "gain of the next 1,000 tokens", "of each run, lower to upper end")  # fmt: skip
    rows = []
    for line in lines:
        limit, gain = line.limit, line.gain
        rows.append(
            (
                *(line.family, line.name, str(len(line.forecasts)), str(line.short)),
                *(whole(line.spent), share(limit.value), interval_text(Interval(*limit[1:]))),
                *(signed(gain.value, 4), f"{signed(gain.low, 4)} to {signed(gain.high, 4)}"),
            )
        )
    return ReportTable(
        "Curves that look ahead",
        tuple(ReportColumn(head, number=head not in heads[:2]) for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "Score = a − b · T^(−c) for T billed tokens, fitted to the test scores of each run's"
            f" rounds from {LEAST} rounds up. Limit: a, mean over runs; behind it the lowest and"
            " the highest end of the runs' 95 % intervals (bootstrap of residuals). Gain: what the"
            " next 1,000 tokens after a run's last round are expected to add, mean over the"
            " resamples. Rounds of a run are no independent witnesses: the intervals are too"
            " narrow.",
        ),
    )


def replayed_rules(
    curves: Sequence[StoredCurve], gains: Sequence[float] = GAINS
) -> list[ReplayedRule]:
    """The rule for each least gain, and those that stand beside it."""
    return [
        ReplayedRule(name, least, replay_all(curves, rule, least))
        for least in gains
        for name, rule in (
            (f"loop.stop_below_gain: {least:g}", below_gain(least)),
            ("expected gain alone", below_expected(least)),
            (f"loop.patience: {PATIENCE}", out_of_patience(PATIENCE)),
        )
    ]


def stops_table(curves: Sequence[StoredCurve], gains: Sequence[float] = GAINS) -> ReportTable:
    """Stopping rules, replayed on all curves."""
    heads = ("rule", "least gain", "curves", "stopped", "right", "right at any round",
             "tokens spent at the stop", "score yet to come")  # fmt: skip
    rows = [
        (one.name, f"{one.least:g}", *_replayed(one.found)) for one in replayed_rules(curves, gains)
    ]
    short = sum(not curve.judged for curve in curves)
    by_dev = sum(curve.seen != curve.scores for curve in curves if curve.judged)
    long = len(curves) - short
    return ReportTable(
        "Stopping rules, replayed on the stored curves",
        tuple(ReportColumn(head, number=head != "rule") for head in heads),
        tuple(tuple(map(CellText, row)) for row in rows),
        (
            "Right: after the stop the test score gained less for 1,000 tokens, to the run's last"
            " round, than the least gain. Right at any round: the share of all rounds, from the"
            f" {LEAST}th on, that a stop would have been right at: a rule is worth what it adds to"
            " that. Tokens spent: share of the run's, mean over stops; score yet to come: test"
            " score of the last round minus that at the stop, mean over stops. A stop at the last"
            " round can't be judged and is not counted.",
            f"The rules went by dev scores in {by_dev} of {long} curves, by the test scores"
            " themselves in the others (a run never does). There they look worse than they are: a"
            " rule stops at a low score, and the next one is likelier higher. Left out, with too"
            f" few rounds: {short} curves.",
        ),
    )


def _replayed(found: Replayed) -> tuple[str, ...]:
    return (
        *(str(found.curves), str(found.stops), some_of(found.right, found.stops)),
        some_of(found.right_anywhere, found.rounds),
        EMPTY if found.spent is None else f"{100 * found.spent:.0f} %",
        signed(found.missed),
    )


def some_of(some: int, every: int) -> str:
    """`5 of 9 (56 %)`; a dash of none."""
    return f"{some} of {every} ({100 * some / every:.0f} %)" if every else EMPTY
