"""`evokd forecast` of a study: what its curves promise, and stopping rules replayed on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.screen import cell, dumps, show, table
from evokd.runs.forecast import LEAST, NEXT
from evokd.runs.formatting import count, ratio, several
from evokd.studies.report.comparisons import comparisons
from evokd.studies.report.forecast_tables import (
    GAINS,
    ForecastLine,
    ReplayedRule,
    forecast_lines,
    replayed_rules,
    some_of,
    stored_curves,
)
from evokd.studies.report.results import read_results


def show_study_forecast(
    directory: Path, gains: Sequence[float], output: Literal["table", "json"]
) -> None:
    """Print both.

    Raises:
        ConfigError: a line of the study's files that can't be right.
    """
    study = read_results(directory)
    curves = stored_curves(study)
    lines = [one for one in forecast_lines(comparisons(study), curves) if one.forecasts]
    stored = list(curves.values())
    rules = replayed_rules(stored, gains or GAINS)
    if output == "json":
        typer.echo(dumps(_as_json(lines, rules), indent=2))
        return
    if not lines:
        show(f"no forecast: no run of the study has {LEAST} rounds that cost tokens")
        return
    for family in dict.fromkeys(line.family for line in lines):
        show(f"{family}, test scores, mean over runs and outermost ends of their 95 % intervals:")
        show(_ahead([line for line in lines if line.family == family]))
        show()
    short = sum(not curve.judged for curve in stored)
    if short == len(stored):
        show("No curve is long enough to replay a stopping rule on it.")
        return
    by_dev = sum(curve.seen != curve.scores for curve in stored if curve.judged)
    show(
        f"Stopping rules, replayed on {several(len(stored) - short, 'curve')}"
        f" ({by_dev} by dev scores, the others by the test scores themselves; {short} too short):"
    )
    show(_replays(rules))
    show(
        f"right: less than the gain came for {NEXT:,} tokens, to the run's end; any round: the"
        " share of all rounds that a stop would have been right at; spent: of the run's tokens, at"
        " the stop; to come: test score of the last round minus that at the stop."
    )


def _ahead(lines: Sequence[ForecastLine]) -> Any:
    made = table(
        "method", ">runs", ">tokens", ">limit", f">gain of next {NEXT:,}", ">lowest to highest"
    )
    for line in lines:
        limit, gain = line.limit, line.gain
        between = f"{gain.low:.4f} to {gain.high:.4f}"
        made.add_row(
            *(cell(line.name), str(len(line.forecasts)), count(line.spent)),
            *(ratio(limit.value), f"{gain.value:+.4f}", between),
        )
    return made


def _replays(rules: Sequence[ReplayedRule]) -> Any:
    made = table("rule", ">gain", ">stops", ">right", ">any round", ">spent", ">to come")
    for name, least, found in rules:
        anywhere = found.right_anywhere / found.rounds if found.rounds else None
        made.add_row(
            *(cell(name.partition(":")[0].removeprefix("loop.")), f"{least:g}", str(found.stops)),
            some_of(found.right, found.stops),
            *(_percent(anywhere), _percent(found.spent)),
            "–" if found.missed is None else f"{found.missed:+.3f}",
        )
    return made


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _as_json(lines: Sequence[ForecastLine], rules: Sequence[ReplayedRule]) -> dict[str, Any]:
    return {
        "arms": [
            {
                "family": line.family,
                "method": line.name,
                "runs": len(line.forecasts),
                "too_few_rounds": line.short,
                "tokens": line.spent,
                "limit": line.limit._asdict(),
                "gain_of_next_1000": line.gain._asdict(),
            }
            for line in lines
        ],
        "rules": [
            {"rule": one.name, "least_gain": one.least, **one.found._asdict()} for one in rules
        ],
    }
