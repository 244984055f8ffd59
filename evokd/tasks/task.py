"""What is to be learnt: labels with their meaning, the rows, and the few-shot draws."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evokd.config import ConfigError, TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.loading import Split, Table, load_tables
from evokd.tasks.text import normalise


@dataclass(frozen=True)
class Task:
    """A classification task with its rows in memory."""

    labels: tuple[str, ...]
    """In the order of the config, which is the order of every table and of the student's head."""
    descriptions: Mapping[str, str]
    """Label → one line; empty where the config gives none."""
    language: str
    """Of the texts, BCP 47."""
    domain: str
    """Noun for one text in prompts."""
    metric: Literal["macro_f1", "accuracy"]
    """Name of the field of `Scores` that leads."""
    train: tuple[Example, ...]
    """All rows of the file; few-shot runs see `draw_shots` of them."""
    test: tuple[Example, ...]
    """For reporting only: never in a prompt, a stopping rule or a selection."""
    dev: tuple[Example, ...] | None
    """None where the config names no dev split."""


def load_task(config: TaskConfig) -> Task:
    """Read and check the data of a config whose paths are resolved.

    Raises:
        ConfigError: naming field, file, row and what was expected.
    """
    labels = tuple(config.labels)
    for value, name in config.data.label_map.items():
        if name not in config.labels:
            raise ConfigError(
                f"task.data.label_map.{value}: {name!r} is not in task.labels ({_listed(labels)})"
            )
    tables = load_tables(config.data)
    rows = {split: _examples(table, split, config) for split, table in tables.items()}
    return Task(
        labels=labels,
        descriptions=dict(config.labels),
        language=config.language,
        domain=config.domain,
        metric=config.metric,
        train=rows["train"],
        test=rows["test"],
        dev=rows.get("dev"),
    )


def draw_shots(task: Task, k: int, seed: int) -> tuple[Example, ...]:
    """Draw k train rows of each class, classes in config order.

    A row's rank is a hash of seed, label and text: the same on every machine and Python, the same
    whatever the order of the file, and the draw for k=1 is a part of that for k=3. Rows that equal
    a test row, or an earlier train row, after `normalise` are never drawn.

    Raises:
        ConfigError: when a class has fewer rows than that.
    """
    if k < 1:
        raise ConfigError(f"task.shots: expected at least 1, got {k}")
    taken = {normalise(row.text) for row in task.test}
    pools: dict[str, list[Example]] = {label: [] for label in task.labels}
    for row in task.train:
        bare = normalise(row.text)
        if bare not in taken:
            taken.add(bare)
            pools[row.label].append(row)
    drawn: list[Example] = []
    for label, pool in pools.items():
        if len(pool) < k:
            raise ConfigError(
                f"task.shots: class {label!r} has {len(pool)} train rows to draw from "
                f"(without repeats and rows of test), expected at least {k}"
            )
        drawn += sorted(pool, key=lambda row: _rank(row, seed))[:k]
    return tuple(drawn)


def _rank(row: Example, seed: int) -> tuple[str, str]:
    digest = hashlib.sha256(f"{seed}\0{row.label}\0{row.text}".encode())
    return digest.hexdigest(), row.id


def _examples(table: Table, split: Split, config: TaskConfig) -> tuple[Example, ...]:
    examples = []
    for index, (text, label) in enumerate(table.rows):
        origin = f"{table.origin}: row {index + 1}"
        examples.append(
            Example(
                id=f"{split}-{index}",
                text=_text(text, f"{origin}: {config.data.text}"),
                label=_label(label, f"{origin}: {config.data.label}", config),
            )
        )
    return tuple(examples)


def _text(value: Any, origin: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{origin}: expected text, found {_shown(value)}")
    if not value.strip():
        raise ConfigError(f"{origin}: expected text, found an empty one")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigError(
            f"{origin}: expected text, found half a character (a lone surrogate)"
        ) from None
    return value


def _label(value: Any, origin: str, config: TaskConfig) -> str:
    if not isinstance(value, str | int):
        raise ConfigError(
            f"{origin}: expected a label (text, whole number or boolean), found {_shown(value)}"
        )
    name = config.data.label_map.get(str(value), str(value))
    if name not in config.labels:
        near = difflib.get_close_matches(name, config.labels, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"{origin}: {name!r} is not in task.labels; expected {_listed(tuple(config.labels))} "
            f"or a value of task.data.label_map{hint}"
        )
    return name


def _listed(names: tuple[str, ...], limit: int = 10) -> str:
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + rest


def _shown(value: Any) -> str:
    return "nothing (null)" if value is None else f"{type(value).__name__} {str(value)[:60]!r}"
