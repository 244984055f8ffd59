"""`evokd forecast`: what a run's curve promises, or stopping rules replayed on a study's curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.report import is_study
from evokd.cli.screen import cell, dumps, show, table
from evokd.config import ConfigError
from evokd.runs.forecast import (
    NEXT,
    Estimate,
    Forecast,
    Points,
    Reached,
    forecast,
    learning_curve,
    too_few,
)
from evokd.runs.formatting import count, ratio, several
from evokd.runs.run import read_run
from evokd.runs.run_index import holds_run
from evokd.runs.scores import metric_name


def show_forecast(
    directory: Path,
    target: float | None,
    gains: Sequence[float],
    output: Literal["table", "json"],
) -> None:
    """Print the forecast of a run, or the replay of a study.

    Raises:
        ConfigError: neither run nor study there, or a number that is no score.
    """
    for name, values in (("--target", [target] if target is not None else []), ("--gain", gains)):
        if any(not 0 < value < 1 for value in values):
            raise ConfigError(f"{name}: expected a score between 0 and 1")
    if is_study(directory) or (directory / "curves.csv").is_file():  # kept without its file, too
        if target is not None:
            raise ConfigError("--target: is for a run; a study's curves have many ends")
        from evokd.cli.study_forecast import show_study_forecast

        show_study_forecast(directory, gains, output)
        return
    if not holds_run(directory):
        raise ConfigError(f"{directory}: holds neither a run (run.json) nor a study (study.yaml)")
    if gains:
        raise ConfigError("--gain: is for a study, whose curves the rule is replayed on")
    _show_run(directory, target, output)


def _show_run(directory: Path, target: float | None, output: Literal["table", "json"]) -> None:
    run = read_run(directory)
    split, points = learning_curve(run)
    name = f"{split} {metric_name(run.score_names[0])}"
    found = forecast(points.tokens, points.scores)
    if output == "json":
        typer.echo(dumps(_as_json(name, points, found, target), indent=2))
        return
    if found is None:
        show(too_few(points))
        return
    show(f"{name} after {several(found.rounds, 'round')} and {count(found.spent)} tokens")
    made = table("by the curve so far", ">forecast", ">95 % interval")
    limit, gain = found.limit, found.gain()
    made.add_row(cell("limit, after any number of tokens"), ratio(limit.value), _between(limit, 3))
    what = f"gain of the next {NEXT:,} tokens"
    made.add_row(cell(what), f"{gain.value:+.4f}", _between(gain, 4))
    if target is not None:
        reached = found.reaches(target)
        made.add_row(cell(f"tokens to {target:g}"), in_sight(reached.at), tokens_between(reached))
    show(made)
    show(
        "Fitted: a − b · T^(−c), intervals by a bootstrap of residuals. Rounds of a run are no"
        " independent witnesses, so the intervals are too narrow."
    )


def in_sight(tokens: float | None) -> str:
    """Tokens, where the score is reached."""
    return "not in sight" if tokens is None else count(tokens)


def tokens_between(reached: Reached) -> str:
    """The interval of `tokens to`, open above where some resamples never get there."""
    if reached.low is None:
        return "not in sight"
    return f"{count(reached.low)} to {in_sight(reached.high)}"


def _between(found: Estimate, digits: int) -> str:
    return f"{found.low:.{digits}f} to {found.high:.{digits}f}"


def _as_json(
    name: str, points: Points, found: Forecast | None, target: float | None
) -> dict[str, Any]:
    if found is None:
        return {"score": name, "forecast": None, "reason": too_few(points)}
    told: dict[str, Any] = {
        "rounds": found.rounds,
        "tokens": found.spent,
        "limit": found.limit._asdict(),
        "gain_of_next_1000": found.gain()._asdict(),
    }
    if target is not None:
        told["target"] = {"score": target, **found.reaches(target)._asdict()}
    return {"score": name, "forecast": told}
