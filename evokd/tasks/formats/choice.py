"""Multiple choice: a question with lettered choices, one of which is right.

The text has a line for the question and one for each choice, `B. its text`; line breaks inside
become spaces. The label is the letter. Rows may have different numbers of choices.
"""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evokd.config import ConfigError, DataConfig, TaskConfig, TaskKind
from evokd.config.names import folded, whole
from evokd.tasks.formats.classes import ClassTask
from evokd.tasks.formats.task_format import line_of, listed, looked_up, shown, spelled
from evokd.tasks.words import beginning

LETTERS = string.ascii_uppercase


class ChoiceTask(ClassTask):
    """Question and choices → letter."""

    kind: TaskKind = "choice"
    contrast = False
    """The same item with its choices in another order has another letter, and says nothing new."""

    def __init__(self, config: TaskConfig) -> None:
        self.labels = tuple(LETTERS[: config.choices])
        self.data = config.data

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        return {"question": data.question, "choices": data.choices, "answer": data.answer}

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        question = line_of(row["question"], f"{origin}: {self.data.question}")
        where = f"{origin}: {self.data.choices}"
        keys, choices = keyed_choices(row["choices"], where, self.data.label_map)
        if len(choices) > len(self.labels):
            raise ConfigError(
                f"{origin}: {self.data.choices}: expected at most {len(self.labels)} choices "
                f"(task.choices), found {len(choices)}"
            )
        return join(question, choices), self._letter(row["answer"], keys, origin)

    def _letter(self, value: Any, keys: Sequence[str], origin: str) -> str:
        """The letter of the right choice, by the map, by what the row calls it, or as it is.

        A number tells nothing where the row's choices have no numbers: the first may be 0 or 1.
        """
        letters = LETTERS[: len(keys)]
        said = spelled(value)
        own = {folded(whole(key)): letter for key, letter in zip(keys, letters, strict=True)}
        mapped = said and looked_up(said, letters, self.data.label_map)
        letter = mapped or (said and own.get(folded(whole(said)), folded(said).upper()))
        if not letter or letter not in tuple(letters):
            named = "" if list(keys) == list(letters) else f" (in the data {listed(keys, 26)})"
            raise ConfigError(
                f"{origin}: {self.data.answer}: expected a letter of the row's choices, "
                f"{listed(letters, 26)}{named}, found {shown(value)}; other values "
                "can be named in task.data.label_map: {0: A, 1: B}"
            )
        return letter

    def fitted(self, texts: Iterable[str]) -> ChoiceTask:
        """The same form with as many letters as these texts need."""
        most = max((len(split(text)[1]) for text in texts), default=2)
        form = object.__new__(ChoiceTask)
        form.labels, form.data = tuple(LETTERS[:most]), self.data
        return form

    def answer(self, text: str, label: str) -> str:
        choices = dict(zip(LETTERS, split(text)[1], strict=False))
        return f"{label} ({choices[label]})" if label in choices else label

    def fault(self, text: str, label: str) -> str | None:
        question, choices = split(text)
        bare = [_bare(choice) for choice in choices]
        if not question.strip() or not all(bare):
            return "the question or a choice is empty"
        if len(bare) < 2 or len(bare) > len(self.labels):
            return f"{len(bare)} choices, expected 2 to {len(self.labels)}"
        if len(set(bare)) < len(bare):
            return "two of the choices are equal"
        return None if label in tuple(LETTERS[: len(bare)]) else f"no choice has the letter {label}"

    def beginning(self, text: str, most: int) -> str:
        """Of each line: they are its parts."""
        return "\n".join(beginning(line, most) for line in text.split("\n"))

    def cut(self, text: str) -> tuple[str, str, str]:
        """The question may be said in other words; the choices stay as they are."""
        question, line, choices = text.partition("\n")
        return "", question, line + choices

    def other(self, text: str, label: str, rng: random.Random) -> str:
        letters = [letter for letter in LETTERS[: len(split(text)[1])] if letter != label]
        return rng.choice(letters)


def join(question: str, choices: Sequence[str]) -> str:
    """The text of an item; all parts are one line.

    Raises:
        ValueError: more choices than letters.
    """
    if len(choices) > len(LETTERS):
        raise ValueError(f"expected at most {len(LETTERS)} choices, got {len(choices)}")
    lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, choices, strict=False)]
    return "\n".join([question, *lines])


def split(text: str) -> tuple[str, tuple[str, ...]]:
    """Question and choices of a text made by `join`, its inverse."""
    question, *lines = text.split("\n")
    return question, tuple(line.partition(". ")[2] for line in lines)


def read_choices(value: Any, origin: str) -> list[str]:
    """The texts of choices, in order; see `keyed_choices`."""
    return keyed_choices(value, origin, {})[1]


def keyed_choices(
    value: Any, origin: str, label_map: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """What the data call each choice, and its text, as A, B, C… will stand for them.

    Choices are `{A: text}`, `{label: [...], text: [...]}`, or a list of texts. They may be called
    A, B, C…, a, b, c…, 1, 2, 3… or 0, 1, 2…, rows of one file differently (ARC has both letters
    and numbers): as none may be missing, which is the first can't be mistaken. Whatever else they
    are called stands in the map. Nothing (null) at the end is no choice: tables pad rows with it.

    Args:
        value: Of the data.
        origin: File, row and column, the beginning of every message.
        label_map: What a choice is called → its letter.

    Raises:
        ConfigError: names that are in no such order, one of them twice, fewer than two choices, an
            empty one.
    """
    choices = [(key, letter, text) for (key, text), letter in _lettered(value, origin, label_map)]
    while choices and choices[-1][2] is None:
        choices.pop()
    letters = [letter for _, letter, _ in choices]
    for key, letter, _ in choices:
        if letters.count(letter) > 1:
            raise ConfigError(f"{origin}: the letter {key!r} stands there twice")
    if letters != list(LETTERS[: len(letters)]):
        raise ConfigError(
            f"{origin}: expected the letters A, B, C… without a gap, found"
            f" {listed([key for key, _, _ in choices], 26)}; a, b, c… and 1, 2, 3… are as good,"
            " other names can be named in task.data.label_map: {i: A, ii: B}"
        )
    if len(choices) < 2:
        raise ConfigError(f"{origin}: expected two or more choices, found {len(choices)}")
    texts = [line_of(text, f"{origin}: choice {letter}") for _, letter, text in choices]
    return [key for key, _, _ in choices], texts


def letters_of(keys: Sequence[str], label_map: Mapping[str, str]) -> list[str]:
    """The letter of each choice; what belongs to no order stays as it is.

    Where the map names one of them it counts for all, as it does for the answers: choices called
    1, 2, 3 whose answers count from 0 can't be told from those that don't.
    """
    if any(key in label_map for key in keys):
        return [label_map.get(key, key) for key in keys]
    bare = [folded(whole(key)) for key in keys]
    for order in _ORDERS:
        known = dict(zip(order, LETTERS, strict=False))
        if set(bare) <= known.keys() and order[0] in bare:
            return [known[key] for key in bare]
    return list(keys)


_NUMBERS = [str(number) for number in range(len(LETTERS) + 1)]
_ORDERS = (list(LETTERS.lower()), _NUMBERS, _NUMBERS[1:])
"""What choices are called. Those of a row that has a 0 begin with it."""


def _lettered(
    value: Any, origin: str, label_map: Mapping[str, str]
) -> list[tuple[tuple[str, Any], str]]:
    """What each choice is called, with its text; and its letter. By letter."""
    pairs = _pairs(value, origin)
    letters = letters_of([key for key, _ in pairs], label_map)
    return sorted(zip(pairs, letters, strict=True), key=lambda one: one[1])


def _pairs(value: Any, origin: str) -> list[tuple[str, Any]]:
    """What each choice is called, and its text, in the order of the data."""
    if isinstance(value, list | tuple):
        if len(value) > len(LETTERS):
            raise ConfigError(f"{origin}: expected at most {len(LETTERS)}, found {len(value)}")
        return list(zip(LETTERS, value, strict=False))
    if not isinstance(value, dict):
        raise ConfigError(
            f'{origin}: expected {{"A": "…", "B": "…"}}, a list of texts, or '
            f'{{"label": […], "text": […]}}, found {shown(value)}'
        )
    labels, texts = value.get("label"), value.get("text")
    if not (isinstance(labels, list) and isinstance(texts, list)):
        # a Parquet row has the names of all rows, those of others with nothing
        return [(str(letter), text) for letter, text in value.items() if text is not None]
    if len(labels) != len(texts):
        raise ConfigError(f"{origin}: {len(labels)} letters in label, {len(texts)} in text")
    return list(zip(map(str, labels), texts, strict=True))


def _bare(choice: str) -> str:
    """A choice without its case and spacing; signs stay, for -1 is not 1."""
    return " ".join(unicodedata.normalize("NFKC", choice).casefold().split()).rstrip(".。")


def typed(data: Any, origin: str) -> str:
    """The text of an item that a user asks about: an object, or lines as `join` makes them.

    Raises:
        ConfigError: no question, or choices that are none.
    """
    if isinstance(data, str):
        question, *lines = data.strip().split("\n")
        pairs = [line.strip().partition(". ")[::2] for line in lines]
        choices = {"label": [a for a, _ in pairs], "text": [b for _, b in pairs]}
        data = {"question": question, "choices": choices}
    if not isinstance(data, dict) or not {"question", "choices"} <= data.keys():
        raise ConfigError(
            f'{origin}: expected {{"question": "…", "choices": {{"A": "…", "B": "…"}}}}, or the '
            "question on a line and each choice on a line after it, as in `A. its text`"
        )
    question = line_of(data["question"], f"{origin}: question")
    return join(question, read_choices(data["choices"], f"{origin}: choices"))
