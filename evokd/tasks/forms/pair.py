"""Sentence pairs (inference): premise and hypothesis, one of the classes.

The text has two lines, premise first. Line breaks inside either become spaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evokd.config import DataConfig, TaskKind
from evokd.tasks.forms.classes import Classes
from evokd.tasks.forms.form import line_of


class Pair(Classes):
    """Premise and hypothesis → name of a class."""

    kind: TaskKind = "pair"

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        return {"premise": data.premise, "hypothesis": data.hypothesis, "label": data.label}

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        premise = line_of(row["premise"], f"{origin}: {self.data.premise}")
        hypothesis = line_of(row["hypothesis"], f"{origin}: {self.data.hypothesis}")
        return join(premise, hypothesis), self.label(row, origin)


def join(premise: str, hypothesis: str) -> str:
    """The text of a pair; both are one line."""
    return f"{premise}\n{hypothesis}"


def split(text: str) -> tuple[str, str]:
    """Premise and hypothesis of a text; a text without a second line has an empty hypothesis."""
    premise, _, hypothesis = text.partition("\n")
    return premise, hypothesis
