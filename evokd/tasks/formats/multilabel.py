"""Multi-label classification: one text, any number of the classes (`evokd.tasks.label_sets`).

In the data a label is a list of names, a text with a separator (`task.data.separator`), or a column
of its own that says yes or no (`task.data.label_columns`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evokd.config import ConfigError, DataConfig, TaskConfig, TaskKind
from evokd.tasks.differences import Difference
from evokd.tasks.example import Example
from evokd.tasks.formats.task_format import (
    LABEL_COLUMN,
    OneTextTask,
    label_of,
    listed,
    shown,
    text_of,
)
from evokd.tasks.intervals import Bounds
from evokd.tasks.label_sets import JOINT, NOTHING, decode, differences, encode, majority, words
from evokd.tasks.metrics import ClassScores

YES = frozenset(("1", "1.0", "true", "yes"))
NO = frozenset(("0", "0.0", "false", "no", ""))
"""What a label's own column may say, in any case; an empty cell says no."""


class MultiLabelTask(OneTextTask):
    """Text → names of classes, possibly none; the label is a canonical list of them."""

    kind: TaskKind = "multilabel"
    contrast = True

    def __init__(self, config: TaskConfig) -> None:
        check(config)
        self.labels = tuple(config.labels)
        self.data = config.data

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        if not data.label_columns:
            return {"text": data.text, "label": data.label}
        named = {name: column for column, name in data.label_map.items()}
        own = {f"{LABEL_COLUMN}{name}": named.get(name, name) for name in self.labels}
        return {"text": data.text} | own

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        text = text_of(row["text"], f"{origin}: {self.data.text}")
        names = self._marked(row, origin) if self.data.label_columns else self._named(row, origin)
        return text, encode(names, self.labels)

    def classes(self, label: str) -> tuple[str, ...]:
        return decode(label)

    def words(self, label: str) -> str:
        return words(label)

    def fault(self, text: str, label: str) -> str | None:
        """None of a label that is written as files have it; a person may type another."""
        try:
            right = encode(decode(label), self.labels)
        except ValueError as error:
            return str(error)
        return None if label == right else f"written as {right}, in the order of the config"

    def listed(self, label: str) -> str:
        """`["late", "refund"]`."""
        return json.dumps(decode(label), ensure_ascii=False)

    def differences(self, text: str, label: str, predicted: str) -> tuple[Difference, ...]:
        return differences(label, predicted)

    def paired(self, label: str, predicted: str) -> tuple[tuple[str | None, str | None], ...]:
        """A name of both with itself; one that is missing, or too many, with none."""
        right, said = decode(label), decode(predicted)
        either = [name for name in self.labels if name in right or name in said]
        return tuple(
            (name if name in right else None, name if name in said else None) for name in either
        )

    @property
    def by_parts(self) -> Callable[[Sequence[str]], str | None]:
        return self.majority

    def majority(self, answers: Sequence[str]) -> str | None:
        """Name by name, see `evokd.tasks.label_sets.majority`."""
        return majority(answers, self.labels)

    def other(self, text: str, label: str, rng: random.Random) -> str:
        """One name too many or too few; which is drawn."""
        return encode({rng.choice(self.labels)} ^ {*decode(label)}, self.labels)

    def scores(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
        from evokd.tasks.label_set_scores import set_scores  # it brings numpy

        return set_scores([row.label for row in rows], predicted, self.labels)

    def report(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, ClassScores]:
        from evokd.tasks.label_set_scores import set_report

        return set_report([row.label for row in rows], predicted, self.labels)

    def intervals(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, Bounds]:
        from evokd.tasks.label_set_scores import set_intervals

        return set_intervals([row.label for row in rows], predicted, self.labels)

    def _named(self, row: Mapping[str, Any], origin: str) -> set[str]:
        """The names of a list, or of a text that holds one."""
        where = f"{origin}: {self.data.label}"
        values = _listed(row["label"], self.data.separator, where)
        told = [str(value) for value in values]
        twice = next((value for value in told if told.count(value) > 1), None)
        if twice is not None:
            raise ConfigError(f"{where}: the label {twice!r} stands there twice; expected it once")
        return {label_of(value, where, self.labels, self.data.label_map) for value in values}

    def _marked(self, row: Mapping[str, Any], origin: str) -> list[str]:
        """The names whose columns say yes."""
        columns = self.columns(self.data)
        fields = {name: f"{LABEL_COLUMN}{name}" for name in self.labels}
        return [
            name
            for name, field in fields.items()
            if _says_yes(row[field], f"{origin}: {columns[field]}")
        ]


def check(config: TaskConfig) -> None:
    """What only this kind can get wrong.

    Raises:
        ConfigError: naming the field.
    """
    data, labels = config.data, config.labels
    if data.label_columns and data.separator is not None:
        raise ConfigError(
            "task.data.separator: with `label_columns` each label has a column of its own, and"
            " nothing is split; leave one of the two out"
        )
    if data.label_columns and len({*data.label_map.values()}) < len(data.label_map):
        raise ConfigError(
            "task.data.label_map: with `label_columns` it says which column a label has, and two"
            f" stand for one: {listed(sorted(data.label_map))}; expected a column a label"
        )
    for name in labels:
        if JOINT in name or name == NOTHING or name.startswith("["):
            raise ConfigError(
                f"task.labels: {name!r}: prompts and tables write a set of labels as"
                f" `one{JOINT}other`, an empty one as `{NOTHING}`, and files as a list in brackets;"
                " rename it (task.data.label_map says what it is called in the data)"
            )
        if data.separator is not None and data.separator in name:
            raise ConfigError(
                f"task.data.separator: {data.separator!r} is a part of the label {name!r}, which it"
                " would tear apart; write lists, or rename the label (task.data.label_map)"
            )


def _listed(value: Any, separator: str | None, origin: str) -> list[Any]:
    """A row's values, one a label; a text is split, or read as a JSON list.

    Raises:
        ConfigError: no list, or a text that is none and has no separator to split it by.
    """
    if isinstance(value, list | tuple):
        return list(value)
    if not isinstance(value, str):
        raise ConfigError(
            f"{origin}: expected a list of labels, found {shown(value)}{_hint(value)}"
        )
    if value.strip().startswith("["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            raise ConfigError(
                f'{origin}: expected a JSON list of labels (["one", "other"]), found {shown(value)}'
            ) from None
        return list(found)
    if separator is None:
        raise ConfigError(
            f"{origin}: expected a list of labels, found {shown(value)}; a text is split by"
            ' task.data.separator, such as `separator: "|"`'
        )
    return [part.strip() for part in value.split(separator)] if value.strip() else []


def _hint(value: Any) -> str:
    """What nothing at all may mean."""
    if value is not None:
        return ""
    return (
        "; a row that has none of the labels has an empty list, one that nobody labelled is left"
        " out by task.data.no_label: [null]"
    )


def _says_yes(value: Any, origin: str) -> bool:
    """A label's own column.

    Raises:
        ConfigError: neither yes nor no.
    """
    said = value if isinstance(value, str | int | float) else None
    bare = str(said).strip().casefold() if said is not None else None
    if bare in YES or bare in NO:
        return bare in YES
    raise ConfigError(
        f"{origin}: expected 1 or 0 (true or false) in a label's own column, found {shown(value)}"
    )
