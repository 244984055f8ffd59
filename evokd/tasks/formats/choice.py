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
from evokd.tasks.formats.classes import ClassTask
from evokd.tasks.formats.task_format import line_of, listed, shown
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
        choices = read_choices(row["choices"], f"{origin}: {self.data.choices}")
        if len(choices) > len(self.labels):
            raise ConfigError(
                f"{origin}: {self.data.choices}: expected at most {len(self.labels)} choices "
                f"(task.choices), found {len(choices)}"
            )
        return join(question, choices), self._letter(row["answer"], len(choices), origin)

    def _letter(self, value: Any, n: int, origin: str) -> str:
        letter = self.data.label_map.get(str(value), str(value)).strip()
        if value is None or letter not in tuple(LETTERS[:n]):
            raise ConfigError(
                f"{origin}: {self.data.answer}: expected a letter of the row's choices, "
                f"{listed(LETTERS[:n], 26)}, found {shown(value)}; other values "
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
    """Choices as data have them: `{A: text}`, `{label: [...], text: [...]}`, or a list of texts.

    Nothing (null) at the end is no choice: tables pad rows with it.

    Raises:
        ConfigError: letters other than A, B, C…, one of them twice, fewer than two choices, an
            empty one.
    """
    pairs = _lettered(value, origin)
    while pairs and pairs[-1][1] is None:
        pairs.pop()
    letters = [letter for letter, _ in pairs]
    for letter in letters:
        if letters.count(letter) > 1:
            raise ConfigError(f"{origin}: the letter {letter!r} stands there twice")
    if letters != list(LETTERS[: len(letters)]):
        raise ConfigError(
            f"{origin}: expected the letters A, B, C… without a gap, found {listed(letters, 26)}"
        )
    if len(pairs) < 2:
        raise ConfigError(f"{origin}: expected two or more choices, found {len(pairs)}")
    return [line_of(text, f"{origin}: choice {letter}") for letter, text in pairs]


def _lettered(value: Any, origin: str) -> list[tuple[str, Any]]:
    """Letter and text of each choice, by letter."""
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
        return sorted((str(letter), text) for letter, text in value.items())
    if len(labels) != len(texts):
        raise ConfigError(f"{origin}: {len(labels)} letters in label, {len(texts)} in text")
    return sorted(zip(map(str, labels), texts, strict=True), key=lambda pair: pair[0])


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
