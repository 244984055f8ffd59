"""Reasoning: a question whose answer is stated at the end of a chain of thought.

With letters the text is that of a multiple-choice item (`choice.py`: the question, then a line for
each choice) and the label the letter. With numbers the text is the question as it is, and the label
the number without separators. A response's answer is read by `evokd.tasks.answers`; one that states
none is the empty string here, never a guess.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evokd.config import ConfigError, DataConfig, TaskConfig, TaskKind
from evokd.tasks.answers import FoundAnswer, find_letter, find_number, parse_number, same_number
from evokd.tasks.example import Example
from evokd.tasks.formats.choice import LETTERS, ChoiceTask, split
from evokd.tasks.formats.task_format import OneTextTask, shown, text_of
from evokd.tasks.metrics import ClassScores, report
from evokd.tasks.numbers import canonical

UNPARSED = ""
"""The answer of a response that states none."""


class ReasoningTask(OneTextTask):
    """Question → letter of a choice, or number."""

    kind: TaskKind = "reasoning"
    contrast = False

    def __init__(self, config: TaskConfig) -> None:
        self.answers = config.answers
        self._choice = ChoiceTask(config)
        self.labels = self._choice.labels if self.answers == "letter" else ()

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        if self.answers == "letter":
            return self._choice.columns(data)
        return {"question": data.question, "answer": data.answer}

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        if self.answers == "letter":
            return self._choice.read(row, origin)
        data = self._choice.data
        question = text_of(row["question"], f"{origin}: {data.question}")
        return question, _number(row["answer"], f"{origin}: {data.answer}")

    def fitted(self, texts: Iterable[str]) -> ReasoningTask:
        """The same form with as many letters as these texts need."""
        form = object.__new__(ReasoningTask)
        form.answers, form._choice = self.answers, self._choice
        if self.answers == "letter":
            form._choice = self._choice.fitted(texts)
        form.labels = form._choice.labels if self.answers == "letter" else ()
        return form

    def classes(self, label: str) -> tuple[str, ...]:
        return (label,) if label in self.labels else ()

    def paired(self, label: str, predicted: str) -> tuple[tuple[str | None, str | None], ...]:
        """Letters; numbers are no classes, and an answer that states none has none."""
        right, said = (one if one in self.labels else None for one in (label, predicted))
        return () if right is None and said is None else ((right, said),)

    def words(self, label: str) -> str:
        return label or "none stated"

    def found(self, question: str, response: str) -> FoundAnswer | None:
        """The answer that a response to a question states, and where; None where it states none."""
        if self.answers == "number":
            return find_number(response)
        return find_letter(response, self.choices(question))

    def right(self, answer: str, gold: str) -> bool:
        """Whether an answer is the gold one; numbers are compared as numbers."""
        return same_number(answer, gold) if self.answers == "number" else answer == gold

    def choices(self, question: str) -> dict[str, str]:
        """Letter → text of a question's choices; none where the answer is a number."""
        if self.answers == "number":
            return {}
        return dict(zip(LETTERS, split(question)[1], strict=False))

    def other(self, text: str, label: str, rng: random.Random) -> str:
        if self.answers == "letter":
            return self._choice.other(text, label, rng)
        value = parse_number(label)
        return canonical((value or 0) + rng.randint(1, 9))  # type: ignore[arg-type]  # a Decimal

    def scores(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
        """Accuracy, and macro-F1 over the letters that occur; of numbers it repeats accuracy."""
        pairs = zip(rows, predicted, strict=True)
        accuracy = sum(self.right(one, row.label) for row, one in pairs) / len(rows)
        if self.answers == "number":
            return {"accuracy": accuracy, "macro_f1": accuracy}
        met = {row.label for row in rows} | set(predicted)
        by_class = self.report(rows, predicted)
        f1 = [line.f1 for letter, line in by_class.items() if letter in met]
        return {"accuracy": accuracy, "macro_f1": sum(f1) / len(f1)}

    def report(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, ClassScores]:
        """Of each letter; numbers have no classes."""
        if self.answers == "number":
            return {}
        known = (*self.labels, UNPARSED)
        found = report([row.label for row in rows], predicted, known)
        return {letter: found[letter] for letter in self.labels}


def _number(value: Any, origin: str) -> str:
    found = None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        found = parse_number(str(value))
    if found is None:
        raise ConfigError(
            f"{origin}: expected a number (task.answers: number), found {shown(value)}; a column"
            " with worked solutions is none: name the one with the final answer in"
            " task.data.answer"
        )
    return canonical(found)
