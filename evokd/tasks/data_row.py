"""A text and its label as a row of data: what `task.data.train` of a JSON lines file holds.

The inverse of `TaskFormat.read`, for rows that are made while a student is at work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evokd.config import ConfigError, TaskConfig, TaskKind
from evokd.tasks.formats import TaskFormat, choice, multi, pair
from evokd.tasks.formats.task_format import LABEL_COLUMN
from evokd.tasks.label_sets import decode as names_of
from evokd.tasks.spans import cells, decode, to_tags

Write = Callable[[str, str], dict[str, Any]]
"""Text and label → field of `task.data` → value."""


def _classification(text: str, label: str) -> dict[str, Any]:
    return {"text": text, "label": label}


def _pair(text: str, label: str) -> dict[str, Any]:
    premise, hypothesis = pair.split(text)
    return {"premise": premise, "hypothesis": hypothesis, "label": label}


def _choice(text: str, label: str) -> dict[str, Any]:
    question, choices = choice.split(text)
    return {
        "question": question,
        "choices": dict(zip(choice.LETTERS, choices, strict=False)),
        "answer": label,
    }


def _ner(text: str, label: str) -> dict[str, Any]:
    spans = decode(label)
    words = cells(text, spans)
    return {"tokens": [text[start:end] for start, end in words], "tags": to_tags(words, spans)}


def _multi(text: str, label: str) -> dict[str, Any]:
    heads = multi.split(label).items()
    return {"text": text} | {multi.name_of(head): name for head, name in heads}


def _multilabel(text: str, label: str) -> dict[str, Any]:
    return {"text": text, "label": list(names_of(label))}


WRITERS: Mapping[TaskKind, Write] = {
    "classification": _classification,
    "pair": _pair,
    "choice": _choice,
    "ner": _ner,
    "multi": _multi,
    "multilabel": _multilabel,
}


def check_writable(config: TaskConfig) -> None:
    """Whether rows of this kind can be written.

    Raises:
        ConfigError: naming the kind.
    """
    if config.kind not in WRITERS:
        raise ConfigError(
            f"task.kind: rows of kind {config.kind} can't be written as data; expected one of"
            f" {', '.join(WRITERS)}"
        )


def data_row(config: TaskConfig, task_format: TaskFormat, text: str, label: str) -> dict[str, Any]:
    """The row, by column.

    It is read once, as a run would read it: a label map of the data may know the name of a class
    under another meaning.

    Args:
        config: Names the columns.
        task_format: Of this config.
        text: In the form of the task's kind.
        label: Of it.

    Raises:
        ConfigError: it would come back as another row.
    """
    check_writable(config)
    fields = WRITERS[config.kind](text, label)
    if config.data.label_columns:  # each label has a column of its own
        names = fields.pop("label")
        fields |= {f"{LABEL_COLUMN}{name}": int(name in names) for name in config.labels}
    label_read = task_format.read(fields, "the row")[1]
    # of entities the types: their places move with the spaces between words
    if task_format.classes(label_read) != task_format.classes(label):
        raise ConfigError(
            f"task.data.label_map: the row's {label!r} would be read as {label_read!r}"
        )
    columns = task_format.columns(config.data)
    return {columns[field]: value for field, value in fields.items()}
