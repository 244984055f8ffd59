"""The classes behind an answer: entities' types, a class a head, a set of labels; and its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from evokd.config import ConfigError, TaskConfig
from evokd.runs.cache import FileCache
from evokd.runs.run import Run, mapping

if TYPE_CHECKING:
    from evokd.tasks.confusion import Pair
    from evokd.tasks.formats import TaskFormat

_UNREAD = (ValueError, TypeError, AttributeError, KeyError, RecursionError)
"""What reading an answer raises that is none of its kind."""
SEVERAL = ("ner", "multi", "multilabel")
"""Kinds whose answers are no class name. The others don't pay for the imports below."""
_WORDS = FileCache(64)


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
    """How people read an answer: `late + refund` for `["late","refund"]`, a name as it is.

    One that can't be read stays as it stands.
    """
    if _kind(run) not in SEVERAL:
        return str
    return _WORDS.get(run.path, [run.path / "config.yaml"], lambda: _words_of(run))


def _words_of(run: Run) -> Callable[[str], str]:
    if _kind(run) == "multilabel":  # whose words need no config
        from evokd.tasks import label_sets

        of_kind = label_sets.words
    elif (task_format := _several(run)) is not None:
        of_kind = task_format.words
    else:
        return str

    def words(label: str) -> str:
        try:
            return of_kind(label)
        except _UNREAD:
            return label

    return words


def _kind(run: Run) -> Any:
    return mapping(run.config.get("task")).get("kind")


def _several(run: Run) -> TaskFormat | None:
    """The form of a kind whose answers are no class name; None for the others."""
    if _kind(run) not in SEVERAL:
        return None
    from evokd.tasks.formats import task_format_of

    try:
        return task_format_of(TaskConfig.model_validate(run.config["task"]))
    except (ValidationError, ConfigError):
        return None


def _itself(label: str) -> Sequence[str]:
    return (label,)
