"""The config behind `--teacher`: whether its labeler can stand behind this student."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evokd.config import Config, ConfigError, TaskKind, load_config
from evokd.config.loading import use_plugins
from evokd.config.task import CAUSAL_KINDS
from evokd.tasks.data_row import check_writable
from evokd.tasks.formats import task_format_of
from graph.packs import named


def read_teacher(file: Path, overrides: Sequence[str] = ()) -> Config:
    """The config, its pack named; needs no server and no student.

    Raises:
        ConfigError: naming the field.
    """
    config = load_config(file, overrides)
    use_plugins(config)
    if config.task.kind in CAUSAL_KINDS:
        raise ConfigError(f"--teacher {file}: task.kind {config.task.kind} has no labeler")
    check_writable(config.task)
    _check_prices(config)
    for endpoint in config.teachers.of("labeler"):
        if endpoint.batch is not None:
            raise ConfigError(
                f"--teacher: {endpoint.title} answers by batches, within hours; leave `batch` out"
                " for a server"
            )
    return named(config)[0]


def check_same_task(config: Config, kind: TaskKind, labels: Sequence[str]) -> None:
    """The teacher must give the student's answers.

    Raises:
        ConfigError: another kind, or other labels.
    """
    if config.task.kind != kind:
        raise ConfigError(f"--teacher: its task.kind is {config.task.kind}, the student's {kind}")
    if kind == "choice":  # letters are places: a student knows as many as its rows had
        return
    theirs = task_format_of(config.task).labels
    if set(theirs) != set(labels):
        only = sorted(set(theirs) ^ set(labels))
        raise ConfigError(
            "--teacher: its task.labels are not those of the student; one of them alone has"
            f" {', '.join(map(repr, only[:10]))}"
        )


def no_caps(config: Config) -> str | None:
    """What to say where nothing limits what the teacher may cost."""
    own = config.budget.per_agent.get("labeler")
    capped = config.budget.limits or (own is not None and any(own.model_dump().values()))
    return None if capped else "budget: nothing limits what the teacher may spend while it serves"


def _check_prices(config: Config) -> None:
    own = config.budget.per_agent.get("labeler")
    if config.budget.usd is None and (own is None or own.usd is None):
        return
    for endpoint in config.teachers.of("labeler"):
        if endpoint.price is None:
            raise ConfigError(
                f"budget.usd: {endpoint.title} (labeler) has no price; a budget in USD needs"
                " `price: {prompt: …, completion: …}` at the endpoint"
            )
