"""The classes behind an answer: entities' types, a class a head, a set of labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import ValidationError

from evokd.config import ConfigError, TaskConfig
from evokd.runs.run import Run, mapping

SEVERAL = ("ner", "multi", "multilabel")
"""Kinds whose answers are no class name. The others don't pay for the imports below."""


def classes_of(run: Run) -> tuple[Sequence[str], Callable[[str], Sequence[str]]]:
    """The task's classes in order, and the classes of an answer.

    An answer that can't be read (a damaged line, a config of another version) is its own class.
    """
    if mapping(run.config.get("task")).get("kind") not in SEVERAL:
        return run.labels, _itself
    from evokd.tasks.formats import task_format_of

    try:
        task_format = task_format_of(TaskConfig.model_validate(run.config["task"]))
    except (ValidationError, ConfigError):
        return run.labels, _itself

    def classes(label: str) -> Sequence[str]:
        try:
            return task_format.classes(label)
        except (ValueError, TypeError, AttributeError):
            return _itself(label)

    return task_format.labels, classes


def _itself(label: str) -> Sequence[str]:
    return (label,)
