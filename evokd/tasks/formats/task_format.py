"""The form of a task: what a row's text and its answer are, for one kind of task.

Data, prompts, votes, books and files know a row as two strings, text and label. For most kinds a
label is the name of a class; for others it is a canonical string (entity spans as JSON), so that
equal answers are equal strings, and votes, majorities and right-or-wrong need not know the kind.
Whatever depends on the kind stands here, one class a kind.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from evokd.config import ConfigError, DataConfig, TaskKind
from evokd.tasks.differences import Difference
from evokd.tasks.example import Example
from evokd.tasks.metrics import ClassScores
from evokd.tasks.words import beginning


class TaskFormat(Protocol):
    """One kind of task, with its classes."""

    kind: TaskKind
    contrast: bool
    """Whether near-twins of different labels both belong into the training data ("it works", "it
    doesn't work"); not where a label is a long string of its own."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of reports, of shots and of balance: label names, entity types, letters."""
        ...

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        """Field of `task.data` → column, for all columns that `read` needs."""
        ...

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        """A data row as text and label.

        Args:
            row: by field of `task.data`, values as typed in the data.
            origin: file and row, the beginning of every message.

        Raises:
            ConfigError: naming the row, what was expected and what was found.
        """
        ...

    def classes(self, label: str) -> tuple[str, ...]:
        """The classes of an answer, each once, in the order of `labels`; none is possible."""
        ...

    def words(self, label: str) -> str:
        """An answer as prompts and tables show it."""
        ...

    def answer(self, text: str, label: str) -> str:
        """The answer to a text as prompts show it, with what the text says about it."""
        ...

    def fault(self, text: str, label: str) -> str | None:
        """Why a written text is no row for this answer; None where it is one."""
        ...

    def cut(self, text: str) -> tuple[str, str, str]:
        """What stands before, the part that may be said in other words, what stands after.

        Joined they are the text. Editors and paraphrasers get the part alone.
        """
        ...

    def beginning(self, text: str, most: int) -> str:
        """A text for a prompt, its parts no longer than so many characters and an ellipsis."""
        ...

    def begun(self, text: str, label: str, most: int) -> tuple[str, str]:
        """That beginning and the answer to it."""
        ...

    def listed(self, label: str) -> str:
        """An answer of entities as a labeler's JSON reply has it; empty for other kinds."""
        ...

    def marked(self, text: str, label: str) -> str:
        """A text with the parts of its answer marked in it, where they are words of it."""
        ...

    def carried(self, label: str, text: str) -> str:
        """The answer of a text in the other words of `text`.

        Raises:
            ValueError: why it is lost.
        """
        ...

    def differences(self, text: str, label: str, predicted: str) -> tuple[Difference, ...]:
        """How a predicted answer of several parts differs from the right one, part by part."""
        ...

    @property
    def by_parts(self) -> Callable[[Sequence[str]], str | None] | None:
        """The majority of several answers, part by part; None where answers are one piece."""
        ...

    def other(self, text: str, label: str, rng: random.Random) -> str:
        """Some wrong answer for a text whose answer is `label`: for controls."""
        ...

    def scores(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
        """Scores by name, in [0, 1]; `macro_f1` and `accuracy` are always among them."""
        ...

    def report(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, ClassScores]:
        """Precision, recall, F1 and support of each class."""
        ...


class OneTextTask:
    """For kinds whose text is one piece and whose answers speak for themselves."""

    def words(self, label: str) -> str:
        return label

    def answer(self, text: str, label: str) -> str:
        return self.words(label)

    def fault(self, text: str, label: str) -> str | None:
        return None

    def cut(self, text: str) -> tuple[str, str, str]:
        return "", text, ""

    def beginning(self, text: str, most: int) -> str:
        return beginning(text, most)

    def begun(self, text: str, label: str, most: int) -> tuple[str, str]:
        return self.beginning(text, most), label

    def listed(self, label: str) -> str:
        return ""

    def marked(self, text: str, label: str) -> str:
        return text

    def carried(self, label: str, text: str) -> str:
        return label

    def differences(self, text: str, label: str, predicted: str) -> tuple[Difference, ...]:
        return ()

    @property
    def by_parts(self) -> Callable[[Sequence[str]], str | None] | None:
        return None


def stratum(task_format: TaskFormat, label: str) -> str:
    """The class that a balanced draw counts a row under: the first of its classes."""
    return next(iter(task_format.classes(label)), "")


def text_of(value: Any, origin: str) -> str:
    """A text as it stands in the data.

    Raises:
        ConfigError: no text, an empty one, or half a character.
    """
    if not isinstance(value, str):
        raise ConfigError(f"{origin}: expected text, found {shown(value)}")
    if not value.strip():
        raise ConfigError(f"{origin}: expected text, found an empty one")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigError(
            f"{origin}: expected text, found half a character (a lone surrogate)"
        ) from None
    return value


def line_of(value: Any, origin: str) -> str:
    """A text on one line, for kinds whose text has a line for each part."""
    return " ".join(text_of(value, origin).split())


def label_of(
    value: Any,
    origin: str,
    labels: Sequence[str],
    label_map: Mapping[str, str],
    head: str | None = None,
) -> str:
    """A class name out of the data; `head` is the config's field where labels and map stand.

    Raises:
        ConfigError: not a name of a class, nor a value of the map.
    """
    if not isinstance(value, str | int):
        raise ConfigError(
            f"{origin}: expected a label (text, whole number or boolean), found {shown(value)}"
        )
    name = label_map.get(str(value), str(value))
    if name not in labels:
        near = difflib.get_close_matches(name, labels, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"{origin}: {name!r} is not in {head or 'task'}.labels; expected {listed(labels)} "
            f"or a value of {head or 'task.data'}.label_map{hint}"
        )
    return name


def listed(names: Sequence[str], limit: int = 10) -> str:
    """Some names, for a message."""
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + rest


def shown(value: Any) -> str:
    """A value of the data, for a message."""
    return "nothing (null)" if value is None else f"{type(value).__name__} {str(value)[:60]!r}"
