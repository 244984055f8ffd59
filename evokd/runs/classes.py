"""The classes behind an answer: entities' types, a class a head, a set of labels; and its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import ValidationError

from evokd.config import ConfigError, TaskConfig
from evokd.runs.cache import FileCache
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


_WORDS = FileCache(64)


def words_of(run: Run) -> Callable[[str], str]:
    """How people read an answer: `late + refund` for `["late","refund"]`, a name as it is.

    One that can't be read stays as it stands.
    """
    if mapping(run.config.get("task")).get("kind") not in SEVERAL:
        return str
    return _WORDS.get(run.path, [run.path / "config.yaml"], lambda: _words_of(run))


def _words_of(run: Run) -> Callable[[str], str]:
    from evokd.tasks import label_sets
    from evokd.tasks.formats import task_format_of

    of_kind = label_sets.words
    if run.config["task"]["kind"] != "multilabel":  # whose words need no config
        try:
            of_kind = task_format_of(TaskConfig.model_validate(run.config["task"])).words
        except (ValidationError, ConfigError):
            return str

    def words(label: str) -> str:
        try:
            return of_kind(label)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return label

    return words


def _itself(label: str) -> Sequence[str]:
    return (label,)
