"""The classes behind an answer: entities' types, a class a head, a set of labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from evokd.config import ConfigError, TaskConfig
from evokd.runs.run import Run, mapping

if TYPE_CHECKING:
    from evokd.tasks.confusion import Pair
    from evokd.tasks.formats import TaskFormat

_UNREAD = (ValueError, TypeError, AttributeError, KeyError)
"""What reading an answer raises that is none of its kind."""
SEVERAL = ("ner", "multi", "multilabel")
"""Kinds whose answers are no class name. The others don't pay for the imports below."""


def classes_of(run: Run) -> tuple[Sequence[str], Callable[[str], Sequence[str]]]:
    """The task's classes in order, and the classes of an answer.

    An answer that can't be read (a damaged line, a config of another version) is its own class.
    """
    task_format = _several(run)
    if task_format is None:
        return run.labels, _itself

    def classes(label: str) -> Sequence[str]:
        try:
            return task_format.classes(label)
        except _UNREAD:
            return _itself(label)

    return task_format.labels, classes


def paired_of(run: Run) -> Callable[[str, str], Sequence[Pair]]:
    """What gives the classes of a right answer beside those that were said.

    See `TaskFormat.paired`; answers that can't be read are one class each.
    """
    task_format = _several(run)

    def paired(label: str, predicted: str) -> Sequence[Pair]:
        try:
            return task_format.paired(label, predicted) if task_format else ((label, predicted),)
        except _UNREAD:
            return ((label, predicted),)

    return paired


def words_of(run: Run) -> Callable[[str], str]:
    """What gives an answer as people read it: `Jack Ruby (Peop)`, `late + refund`."""
    task_format = _several(run)

    def words(label: str) -> str:
        try:
            return task_format.words(label) if task_format else label
        except _UNREAD:
            return label

    return words


def _several(run: Run) -> TaskFormat | None:
    """The form of a kind whose answers are no class name; None for the others."""
    if mapping(run.config.get("task")).get("kind") not in SEVERAL:
        return None
    from evokd.tasks.formats import task_format_of

    try:
        return task_format_of(TaskConfig.model_validate(run.config["task"]))
    except (ValidationError, ConfigError):
        return None


def _itself(label: str) -> Sequence[str]:
    return (label,)
