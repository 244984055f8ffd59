"""Kinds of tasks: what a row's text and its answer are. A new kind is a new file here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evokd.config import ConfigError, TaskConfig, TaskKind
from evokd.tasks.formats.choice import LETTERS, ChoiceTask
from evokd.tasks.formats.classes import ClassTask
from evokd.tasks.formats.multi import MultiTask
from evokd.tasks.formats.multilabel import MultiLabelTask
from evokd.tasks.formats.ner import NerTask
from evokd.tasks.formats.pair import PairTask
from evokd.tasks.formats.reasoning import ReasoningTask
from evokd.tasks.formats.task_format import TaskFormat

__all__ = ["TaskFormat", "fitted", "task_format_of"]

TASK_FORMATS: dict[TaskKind, type[Any]] = {
    "classification": ClassTask,
    "pair": PairTask,
    "choice": ChoiceTask,
    "ner": NerTask,
    "multilabel": MultiLabelTask,
    "reasoning": ReasoningTask,
}


def task_format_of(config: TaskConfig) -> TaskFormat:
    """The form of a config's task.

    Raises:
        ConfigError: a value of `label_map` that is no class.
    """
    if config.kind == "multi":  # its heads have maps of their own
        return MultiTask(config)
    names = list(LETTERS if config.kind in ("choice", "reasoning") else config.labels)
    for value, name in config.data.label_map.items():
        if name not in names:
            known = ", ".join(map(repr, names[:10]))
            raise ConfigError(
                f"task.data.label_map.{value}: {name!r} is not in task.labels ({known})"
            )
    task_format: TaskFormat = TASK_FORMATS[config.kind](config)
    return task_format


def fitted(task_format: TaskFormat, texts: Iterable[str]) -> TaskFormat:
    """The form, with what only the data tell: how many choices there are at most."""
    return (
        task_format.fitted(texts)
        if isinstance(task_format, ChoiceTask | ReasoningTask)
        else task_format
    )
