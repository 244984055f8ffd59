"""The form of a task: what a row's text and its answer are, for one kind of task.

Data, prompts, votes, books and files know a row as two strings, text and label. For most kinds a
label is the name of a class; for others it is a canonical string (entity spans as JSON), so that
equal answers are equal strings, and votes, majorities and right-or-wrong need not know the kind.
Whatever depends on the kind stands here, one class a kind.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from evokd.config import ConfigError, DataConfig, TaskKind
from evokd.config.names import Names, whole
from evokd.config.nearest import did_you_mean
from evokd.tasks.differences import Difference
from evokd.tasks.example import Example
from evokd.tasks.intervals import Bounds
from evokd.tasks.metrics import ClassScores
from evokd.tasks.words import beginning

LABEL_COLUMN = "data.label_columns."
"""Before a label's name: the field of the column that says whether a row has it (`multilabel`)."""


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
        """An answer in a list (entities, sets) as a labeler's JSON reply has it; else empty."""
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

    def paired(self, label: str, predicted: str) -> tuple[tuple[str | None, str | None], ...]:
        """The classes of a right answer beside those that were said; None where one has none.

        Each class of either answer stands in one pair; none for answers without classes.
        """
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

    def intervals(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, Bounds]:
        """95 % intervals of scores, for kinds that give them."""
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

    def paired(self, label: str, predicted: str) -> tuple[tuple[str | None, str | None], ...]:
        return ((label, predicted),)

    @property
    def by_parts(self) -> Callable[[Sequence[str]], str | None] | None:
        return None

    def intervals(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, Bounds]:
        return {}


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

    A value is looked for as it is, then without what can't be seen: spaces at its ends, é as two
    characters. Never in another case: in a file two spellings may be two classes.

    Raises:
        ConfigError: not a name of a class, nor a value of the map.
    """
    said = spelled(value)
    if said is None:
        raise ConfigError(
            f"{origin}: expected a label (text, number or boolean), found {shown(value)}"
            f"{_no_label(value)}"
        )
    name = looked_up(said, labels, label_map)
    if name is None:
        fits = Names(labels).fits(said)
        hint = f"; did you mean {fits[0]!r}?" if fits else did_you_mean(said, labels)
        raise ConfigError(
            f"{origin}: {said!r} is not in {head or 'task'}.labels; expected {listed(labels)} "
            f"or a value of {head or 'task.data'}.label_map{hint}{_no_label(value)}"
        )
    return name


def spelled(value: Any) -> str | None:
    """A number, text or boolean of the data as the config may name it; None for anything else.

    A missing number, which tables write as NaN, is none.
    """
    if not isinstance(value, str | int | float) or value != value:
        return None
    return str(value)


def looked_up(said: str, names: Sequence[str], label_map: Mapping[str, str]) -> str | None:
    """The one name that a value stands for by the map, or is; None where none or several fit."""
    known, keys = _known(tuple(names), tuple(label_map.items()))
    if said in known:  # most values
        return known[said]
    fits = {known[key] for key in keys.fits(whole(said), any_case=False)}
    return fits.pop() if len(fits) == 1 else None


@functools.lru_cache(maxsize=64)
def _known(
    names: tuple[str, ...], label_map: tuple[tuple[str, str], ...]
) -> tuple[dict[str, str], Names]:
    """Value → name, a whole number in both of its forms; and the values, to be looked for."""
    known = dict(zip(names, names, strict=True)) | dict(label_map)
    for value in list(known):
        known.setdefault(whole(value), known[value])
    return known, Names(known)


def lacks_label(row: Mapping[str, Any], no_label: Sequence[str]) -> bool:
    """Whether what a data row has for a label stands for "no label" (`task.data.no_label`).

    Args:
        row: By field of `task.data`.
        no_label: Such values; the empty one is null, too.
    """
    answers = [value for field, value in row.items() if _is_answer(field)]
    return any(
        whole(spelled(value) or "") in no_label
        for value in answers
        if not isinstance(value, list | dict)
    )


def _is_answer(field: str) -> bool:
    return field in ("label", "answer", "tags") or field.startswith(("heads.", LABEL_COLUMN))


def _no_label(value: Any) -> str:
    """What to do about a value that often means that there is no label."""
    said = whole(spelled(value) or "")
    if said not in ("", "-1", "-100"):
        return ""
    return f"; rows without a label are left out by task.data.no_label: [{said or 'null'}]"


def listed(names: Sequence[str], limit: int = 10) -> str:
    """Some names, for a message."""
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + rest


def shown(value: Any) -> str:
    """A value of the data, for a message."""
    return "nothing (null)" if value is None else f"{type(value).__name__} {str(value)[:60]!r}"
