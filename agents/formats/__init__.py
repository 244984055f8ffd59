"""Formats by kind of task. A new kind is a new file here, beside its form in `evokd/tasks`."""

from __future__ import annotations

from collections.abc import Sequence

from agents.formats.classes import ClassFormat
from agents.formats.format import Format
from agents.formats.pair import PairFormat
from evokd.config import TaskKind

__all__ = ["Format", "format_of"]

FORMATS: dict[TaskKind, type] = {"classification": ClassFormat, "pair": PairFormat}


def format_of(kind: TaskKind, labels: Sequence[str]) -> Format:
    """The format of a task's texts and labels."""
    found: Format = FORMATS[kind](labels)
    return found
