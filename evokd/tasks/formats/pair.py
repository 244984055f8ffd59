"""Sentence pairs (inference): premise and hypothesis, one of the classes.

The text has two lines, premise first. Line breaks inside either become spaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evokd.config import ConfigError, DataConfig, TaskKind
from evokd.tasks.formats.classes import ClassTask
from evokd.tasks.formats.task_format import line_of
from evokd.tasks.text import NearDuplicates, normalise
from evokd.tasks.words import beginning


class PairTask(ClassTask):
    """Premise and hypothesis → name of a class."""

    kind: TaskKind = "pair"

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        return {"premise": data.premise, "hypothesis": data.hypothesis, "label": data.label}

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        premise = line_of(row["premise"], f"{origin}: {self.data.premise}")
        hypothesis = line_of(row["hypothesis"], f"{origin}: {self.data.hypothesis}")
        return join(premise, hypothesis), self.label(row, origin)

    def fault(self, text: str, label: str) -> str | None:
        premise, hypothesis = map(normalise, split(text))
        if not premise or not hypothesis:
            return "one side of the pair is empty"
        return "the hypothesis repeats the premise" if premise == hypothesis else None

    def beginning(self, text: str, most: int) -> str:
        """Of each line: they are its parts."""
        return "\n".join(beginning(line, most) for line in text.split("\n"))

    def cut(self, text: str) -> tuple[str, str, str]:
        """The hypothesis may be said in other words; what it is held against stays."""
        premise, hypothesis = split(text)
        return f"{premise}\n", hypothesis, ""


class NearDuplicatePairs:
    """The pairs met so far; a new one repeats one of them when both its sides do.

    Pairs of one premise share most of their characters whatever the hypotheses say, so likeness as
    a whole is not enough. Has the methods of `evokd.tasks.text.Seen` that the ballot needs.
    """

    def __init__(self) -> None:
        self._pairs = NearDuplicates()

    def add(self, text: str) -> None:
        """Remember a pair."""
        self._pairs.add(text)

    def twin(self, text: str) -> str | None:
        """The remembered pair that is most like this one, if their hypotheses are alike, too."""
        found = self._pairs.twin(text)
        if found is None:
            return None
        # of pairs with one premise, the one that is most alike is that of the nearest hypothesis
        return found if NearDuplicates([split(found)[1]]).twin(split(text)[1]) else None


def join(premise: str, hypothesis: str) -> str:
    """The text of a pair; both are one line."""
    return f"{premise}\n{hypothesis}"


def split(text: str) -> tuple[str, str]:
    """Premise and hypothesis of a text; a text without a second line has an empty hypothesis."""
    premise, _, hypothesis = text.partition("\n")
    return premise, hypothesis


def typed(data: Any, origin: str) -> str:
    """The text of a pair that a user asks about: an object, or a text of two lines.

    Raises:
        ConfigError: no premise or no hypothesis.
    """
    if isinstance(data, str):
        data = dict(zip(("premise", "hypothesis"), data.strip().split("\n"), strict=False))
    if not isinstance(data, dict) or not {"premise", "hypothesis"} <= data.keys():
        raise ConfigError(
            f'{origin}: expected {{"premise": "…", "hypothesis": "…"}}, or the two on two lines'
        )
    return join(*(line_of(data[name], f"{origin}: {name}") for name in ("premise", "hypothesis")))
