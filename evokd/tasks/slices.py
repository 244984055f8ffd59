"""Slices: rows of a class that share a value in a further column, finer than the label.

Such columns give labels away. They are read for controls alone, which leave rows out or measure by
them; no model is shown one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evokd.config import ConfigError, TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.loading import load_tables
from evokd.tasks.task import Task

SHOWN = 8
"""Slices that a message names."""


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """The rows of one class with one value."""

    label: str
    value: str


def read_slices(config: TaskConfig, task: Task, field: str, key: str) -> dict[str, Slice]:
    """Row id → its slice, for all rows of all splits that have a value.

    Args:
        config: Of the task, with its paths.
        task: The same rows, with their labels.
        field: The column.
        key: The config's field that names it, for messages.

    Raises:
        ConfigError: no such column.
    """
    tables = load_tables(config.data, {key: field})
    tables.setdefault("test", tables["train"])  # test rows that were split off keep their numbers
    found: dict[str, Slice] = {}
    for split, rows in (("train", task.train), ("dev", task.dev or ()), ("test", task.test)):
        for row in rows:  # fewer than the file has in a plan, or without those that have no label
            value = tables[split].rows[row.number][key]  # type: ignore[index]
            if value not in (None, ""):
                found[row.id] = Slice(row.label, str(value))
    return found


def largest(rows: Sequence[Example], slices: Mapping[str, Slice], *, spare: int) -> list[Slice]:
    """The slices of these rows, those with most rows first, of equals by name.

    Args:
        rows: Train rows.
        slices: See `read_slices`.
        spare: Rows that must be left of the class without the slice.
    """
    sizes = Counter(slices[row.id] for row in rows if row.id in slices)
    classes = Counter(row.label for row in rows)
    fitting = [one for one, size in sizes.items() if classes[one.label] - size >= spare]
    return sorted(fitting, key=lambda one: (-sizes[one], one))


def named(ordered: Sequence[Slice], value: str, key: str) -> Slice:
    """The slice with this value; of several classes that have one, the largest.

    Raises:
        ConfigError: there is none.
    """
    for one in ordered:
        if one.value == value:
            return one
    some = ", ".join(repr(one.value) for one in ordered[:SHOWN]) or "none"
    raise ConfigError(f"{key}: no slice {value!r} that leaves rows of its class; found {some}")
