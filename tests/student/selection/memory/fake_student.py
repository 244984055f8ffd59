"""A student made of numbers: what it says of a row follows from the row's id and the moment."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from evokd.tasks.example import Example
from student.selection.memory.student_view import Floats, HeadGradients, Places, Vectors

ANSWERS = "abcd"


class FakeStudent:
    """A `StudentView` of four classes. `age` is how often it learnt since."""

    def __init__(self, age: int = 0, width: int = 6) -> None:
        self.age = age
        self.width = width
        self.asked: list[str] = []
        """Names of what was asked, in order."""

    def log_probabilities(self, rows: Sequence[Example]) -> Floats:
        self.asked.append("log_probabilities")
        logits = self._numbers(rows, "logits", len(ANSWERS), self.age)
        logits[np.arange(len(rows)), self.targets(rows)] += 0.7
        found: Floats = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return found

    def targets(self, rows: Sequence[Example]) -> Places:
        return np.array([ANSWERS.index(row.label) for row in rows], dtype=np.intp)

    def losses(self, rows: Sequence[Example]) -> Floats:
        self.asked.append("losses")
        found: Floats = np.exp(self._numbers(rows, "losses", 1, self.age)[:, 0])
        return found

    def embeddings(self, rows: Sequence[Example]) -> Vectors:
        self.asked.append("embeddings")
        return self._numbers(rows, "embeddings", self.width, self.age).astype(np.float32)

    def helpfulness(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        self.asked.append("helpfulness")
        found: Floats = self.embeddings(rows) @ self.embeddings(gold).mean(0, dtype=np.float64)
        return found

    def losses_after_step(self, rows: Sequence[Example], incoming: Sequence[Example]) -> Floats:
        self.asked.append("losses_after_step")
        step = len(incoming) and self.helpfulness(rows, incoming)
        return self.losses(rows) + step

    def head_gradients(self, rows: Sequence[Example]) -> HeadGradients:
        self.asked.append("head_gradients")
        errors = np.exp(self.log_probabilities(rows))
        errors[np.arange(len(rows)), self.targets(rows)] -= 1
        return HeadGradients(errors, np.hstack([self.embeddings(rows), np.ones((len(rows), 1))]))

    @staticmethod
    def _numbers(rows: Sequence[Example], what: str, width: int, age: int) -> Floats:
        made = np.zeros((len(rows), width))
        for at, row in enumerate(rows):
            digest = hashlib.sha256(f"{row.id} {what} {age}".encode()).digest()
            made[at] = np.random.default_rng(list(digest)).normal(size=width)
        return made
