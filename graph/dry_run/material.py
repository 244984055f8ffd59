"""Rows that a writer could have written, made of train rows: as long as expected, never the same.

They stay in this process and are thrown away: no model and no student ever sees them.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Callable, Sequence

from evokd.tasks.example import Example
from evokd.tasks.task import Task
from evokd.tasks.words import WORD, unspaced

SAMPLED = 200
"""Train rows whose words are mixed."""
WITHOUT_SIGNS = 0.8
"""Part of a reply's tokens that its texts take, in JSON."""
BEGINNING = 48
"""Characters that prompts show of any text, however it is cut."""
WHOLE = ("pair", "choice", "ner")
"""Kinds whose texts have parts that belong together: their rows are taken as they are."""
FALLBACK = "nothing comes of it"
REMARK = "Those which praise something while blaming another get taken for their opposite."
"""What analyses and reasons are made of: words that few rows share, or a critic would call a text
an echo."""


class Material:
    """Written rows, and what their labels are."""

    def __init__(
        self,
        task: Task,
        seeds: Sequence[Example],
        count: Callable[[str], int],
        most: float = math.inf,
    ) -> None:
        """Args.

        task: For its train rows and its kind.
        seeds: The seed shots, which no written row repeats.
        count: Tokens of a text, as its writer's model counts.
        most: Tokens that a writer may use for a text, the signs around it among them.
        """
        self._task, self._rng = task, random.Random(f"{len(seeds)}/{task.domain}")
        shots = {row.id for row in seeds}
        rows = [row for row in task.train if row.id not in shots] or list(seeds)
        self._rows = self._rng.sample(rows, min(SAMPLED, len(rows)))
        self._answers = sorted({row.label for row in rows})
        self._words = _words(self._rows, task.domain)
        self._count, self._most = count, most * WITHOUT_SIGNS
        self._per_word = max(1, count(self._joined(SAMPLED))) / SAMPLED
        self._taken = 0
        self.written: dict[str, str] = {row.text: row.label for row in seeds}
        """Text → label of everything written so far, seed shots among it."""

    @property
    def labels(self) -> Sequence[str]:
        """The task's."""
        return self._task.labels

    @property
    def answers(self) -> Sequence[str]:
        """The labels that train rows have."""
        return self._answers

    def write(self, label: str | None, tokens: int | None, longer: float = 1.0) -> str:
        """A new text.

        Args:
            label: What it is to be of; None for any.
            tokens: Its length; None, and for kinds whose texts have parts: that of a train row.
            longer: How many times as long it is to be, where it has no parts.
        """
        number, self._taken = self._taken, self._taken + 1
        row = self._rows[number % len(self._rows)]
        if self._task.task_format.kind in WHOLE:
            text, answer = self._bounded(row)
            text = text if number < len(self._rows) else _varied(text, number)
            self.written[text] = answer
            return text
        wanted = longer * (self._count(row.text) if tokens is None else tokens)
        text = self.said(min(wanted, self._most))
        self.written[text] = label or self._answers[number % len(self._answers)]
        return text

    def _bounded(self, row: Example) -> tuple[str, str]:
        """As much of a row as a writer may write, and the answer to it."""
        tokens = self._count(row.text)
        if tokens <= self._most:
            return row.text, row.label
        most = int(len(row.text) * self._most / tokens)
        return self._task.task_format.begun(row.text, row.label, most)

    def said(self, tokens: float) -> str:
        """Words of rows that come to about so many tokens."""
        return self._joined(max(3, round(tokens / self._per_word)))

    def remark(self, tokens: float) -> str:
        """Words about rows that come to about so many tokens."""
        words = REMARK.split()
        most = max(1, round(tokens * len(words) / max(1, self._count(REMARK))))
        return " ".join(itertools.islice(itertools.cycle(words), most))

    def again(self, prompt: str) -> str:
        """The newest text that a prompt speaks of, said once more, unlike itself."""
        text = next((one for one in reversed(self.written) if _speaks_of(prompt, one)), None)
        if text is None:
            return self.write(None, None)
        self._taken += 1
        other = _varied(text, self._taken)
        self.written[other] = self.written[text]
        return other

    def _joined(self, words: int) -> str:
        chosen = [self._rng.choice(self._words) for _ in range(words)]
        glue = "" if unspaced("".join(chosen)) > len(chosen) // 2 else " "
        return glue.join(chosen)

    def label_in(self, prompt: str) -> str:
        """The label of the newest text that a prompt speaks of; any where it can't be told."""
        for text, label in reversed(self.written.items()):
            if _speaks_of(prompt, text):
                return label
        return self._answers[0]


def _words(rows: Sequence[Example], domain: str) -> list[str]:
    """Words of the rows, but those of the domain's noun: a critic made of rules reads them."""
    shunned = set(WORD.findall(domain.casefold()))
    said = [word for row in rows for word in WORD.findall(row.text)]
    return [word for word in said if word.casefold() not in shunned] or FALLBACK.split()


def _speaks_of(prompt: str, text: str) -> bool:
    """Whether it holds the text's first line, as it is or quoted; of a long one its beginning."""
    first = text.partition("\n")[0]
    if first in prompt or json.dumps(first, ensure_ascii=False) in prompt:
        return True
    head = first[:BEGINNING]
    return len(first) > BEGINNING and json.dumps(head, ensure_ascii=False)[1:-1] in prompt


def _varied(text: str, number: int) -> str:
    """The text once more, unlike itself: its first line ends in a number."""
    first, *rest = text.split("\n")
    return "\n".join([f"{first} {number}", *rest])
