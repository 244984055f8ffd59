"""What the agents may know of the task: no rows but the seed shots, least of all test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.formats import Format, format_of
from agents.records import Marked
from evokd.tasks.example import Example
from evokd.tasks.forms import Form
from evokd.tasks.task import Task

LANGUAGES = {"en": "English", "fr": "French", "zh": "Chinese", "de": "German", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as templates see it."""

    text: str
    label: str
    """In words."""
    predicted: str = ""
    """What the student said, in words."""


@dataclass(frozen=True, slots=True)
class Brief:
    """The task as prompts see it."""

    form: Form
    """What a text and a label are."""
    descriptions: Mapping[str, str]
    domain: str
    language: str
    """BCP 47 code of the texts."""
    seeds: tuple[Example, ...]
    """The seed shots."""

    @classmethod
    def of(cls, task: Task, seeds: tuple[Example, ...]) -> Brief:
        """A task without its rows."""
        return cls(task.form, task.descriptions, task.domain, task.language, seeds)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the config."""
        return self.form.labels

    @property
    def format(self) -> Format:
        """What texts and labels look like in requests and replies."""
        return format_of(self.form.kind, self.form.labels)

    def variables(self, directive: str | None = None) -> dict[str, Any]:
        """The variables every template gets."""
        return {
            "kind": self.form.kind,
            "labels": self.labels,
            "descriptions": {label: self.descriptions.get(label, "") for label in self.labels},
            "domain": self.domain,
            "language": LANGUAGES.get(self.language, self.language),
            "seeds": [Shown(row.text, self.form.words(row.label)) for row in self.seeds],
            "directive": directive,
        }

    def shown(self, row: Marked) -> Shown:
        """A row of the student's feedback, its answers in words."""
        words = self.form.words
        return Shown(row.text, words(row.label), words(row.predicted))
