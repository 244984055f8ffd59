"""Formats by kind of task. A new kind is a new file here, beside its form in `evokd/tasks`."""

from __future__ import annotations

from collections.abc import Sequence

from agents.formats.choice import ChoiceFormat
from agents.formats.classes import ClassFormat
from agents.formats.multi import MultiFormat
from agents.formats.multilabel import MultiLabelFormat
from agents.formats.ner import NerFormat
from agents.formats.pair import PairFormat
from agents.formats.reply_format import ReplyFormat
from evokd.config import TaskKind

__all__ = ["ReplyFormat", "reply_format_of"]

FORMATS: dict[TaskKind, type] = {
    "classification": ClassFormat,
    "pair": PairFormat,
    "choice": ChoiceFormat,
    "multi": MultiFormat,
    "ner": NerFormat,
}


def reply_format_of(
    kind: TaskKind, labels: Sequence[str], answers: Sequence[str] = ()
) -> ReplyFormat:
    """The format of a task's texts and labels.

    Args:
        kind: Of the task.
        labels: Its classes.
        answers: Labels of known rows, for kinds of which no list says what an answer may be.
    """
    if kind == "multilabel":
        return MultiLabelFormat(labels, answers)
    found: ReplyFormat = FORMATS[kind](labels)
    return found
