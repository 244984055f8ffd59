"""New limits for a run that has begun: `evokd resume DIR --set budget.tokens=80000`.

Budgets and `loop.rounds` alone: with any other setting changed, the rounds before and the rounds
after would be of two experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.config import Config, ConfigError, load_config
from evokd.runs.run import read_run
from evokd.runs.totals import read_totals
from evokd.store.clock import now
from evokd.store.run_dir import RunDir, read_lines
from graph.core.loop_method import LoopMethod
from graph.core.rewinding import TAKE_UP
from graph.methods import method_of

ROUNDS = "loop.rounds"


@dataclass(frozen=True, slots=True)
class NewLimits:
    """Limits of a run that are not what they were."""

    config: Config
    """With the new ones."""
    changes: Mapping[str, tuple[Any, Any]]
    """Key of the config → value before, value now."""
    over: bool
    """Whether the run had come to its end."""


def new_limits(directory: RunDir, overrides: Sequence[str]) -> NewLimits:
    """Read `a.b=value` overrides against the run's own config.

    Raises:
        ConfigError: another key than those of limits; a value that can't be; or limits under which
            a run that is over would end at once.
    """
    for item in overrides:
        key = item.partition("=")[0]
        if key != ROUNDS and not key.startswith("budget."):
            raise ConfigError(
                f"--set {key}: a run that has begun takes new limits alone: {ROUNDS} and budget.…"
                " (with another setting its rounds could not be compared: begin a new run)"
            )
    before, after = directory.config(), load_config(directory.config_file, overrides)
    said = {item.partition("=")[0] for item in overrides}
    changes = {
        key: (old, new)
        for key in sorted(said)
        if (old := _value(before, key)) != (new := _value(after, key))
    }
    run = directory.run()
    over = run["status"] == "done"
    if over:
        _refuse_no_room(directory, str(run["reason"]), after, changes)
    return NewLimits(after, changes, over)


def put_on_record(directory: RunDir, limits: NewLimits) -> None:
    """Write the new config; run.json keeps what it was before, and how the run had ended."""
    run = directory.run()
    if limits.changes:
        ended = {name: run.get(name) for name in ("status", "reason", "ended_at")}
        said = {key: {"before": old, "now": new} for key, (old, new) in limits.changes.items()}
        run.setdefault("changes", []).append({"at": now(), "settings": said, "ended": ended})
        run[TAKE_UP] = True  # though it is not over: the old limits may be about to end it
    if limits.over:
        run["status"] = "interrupted"
        run["reason"] = "taken up again with new limits; `evokd resume` goes on"
    directory.save_run(run)  # first: killed in between, the old limits end it as they did
    directory.save_config(limits.config)


def remarks(run: Mapping[str, Any]) -> list[str]:
    """What a reader of the trace should know of limits that were changed."""
    return [
        f"{key} was {values['before']} and is {values['now']} since {change['at'][:19]}"
        for change in run.get("changes") or ()
        for key, values in change["settings"].items()
    ]


def limit_of(reason: str) -> str | None:
    """The key of the config whose limit gave a reason to stop; None where it was none."""
    if reason.startswith("budget."):
        return reason.split()[0]
    return ROUNDS if reason.endswith(" rounds done") or reason == "no rounds asked for" else None


def _refuse_no_room(
    directory: RunDir, reason: str, after: Config, changes: Mapping[str, tuple[Any, Any]]
) -> None:
    limit, path = limit_of(reason), directory.path
    if limit is None or not isinstance(method_of(after), LoopMethod):
        raise ConfigError(
            f"{path}: ended because of: {reason}. No larger limit changes that; begin a new run"
        )
    if limit not in changes:
        said = "has that value already" if changes == {} else "does not change that"
        raise ConfigError(
            f"{path}: ended because of: {reason}. What --set gives {said}: set {limit}"
        )
    new, used = _value(after, limit), _used(directory, limit)
    if new is not None and new <= used:
        raise ConfigError(
            f"--set {limit}={new}: the run has used {used:g} of it already; set it higher"
        )


def _used(directory: RunDir, limit: str) -> float:
    """What of a limit is used up."""
    if limit == ROUNDS:
        return max((int(line["round"]) for line in read_lines(directory.metrics)), default=0)
    if limit == "budget.seconds":
        return float(directory.run().get("elapsed_s") or 0.0)
    billed = read_totals(read_run(directory.path), "edge")["billed"]
    spent: dict[str, float] = {
        "budget.tokens": billed["prompt_tokens"] + billed["completion_tokens"],
        "budget.calls": billed["calls"],
        "budget.usd": billed["usd"] or 0.0,
    }
    return spent[limit]


def _value(config: Config, key: str) -> Any:
    """What stands in a config at a dotted key; None where nothing does."""
    value: Any = config.model_dump(mode="json")
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
