"""Heads by kind of task. A new kind is a new file here, beside its own in `evokd/tasks/formats`."""

from __future__ import annotations

from collections.abc import Sequence

from evokd.config import TaskKind
from student.heads.choice import ChoiceHead
from student.heads.classes import ClassHead, PairHead
from student.heads.head import Distribution, Head
from student.heads.label_set import LabelSetHead
from student.heads.several import SeveralHead
from student.heads.tags import TagHead

__all__ = ["Distribution", "Head", "head_of"]

HEADS: dict[TaskKind, type] = {
    "classification": ClassHead,
    "pair": PairHead,
    "choice": ChoiceHead,
    "multi": SeveralHead,
    "multilabel": LabelSetHead,
    "ner": TagHead,
}


def head_of(kind: TaskKind, labels: Sequence[str]) -> Head:
    """The head for a task's classes, in their order."""
    head: Head = HEADS[kind](labels)
    return head
