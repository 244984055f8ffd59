"""Scores of a student on gold rows: macro-F1, accuracy, the report per class, the confusion."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple


class Scores(NamedTuple):
    """The two numbers of a curve; field names are the values of `task.metric`."""

    macro_f1: float
    """In [0, 1]: mean F1 of the classes that occur in gold or among the predictions. A class that
    is predicted but has no gold rows counts as 0; a class that occurs in neither is left out."""
    accuracy: float
    """In [0, 1]."""


class ClassScores(NamedTuple):
    """One line of the report; what can't be computed is 0."""

    precision: float
    """In [0, 1]: of the rows predicted as this class, those that are."""
    recall: float
    """In [0, 1]: of the gold rows of this class, those that were found."""
    f1: float
    """In [0, 1]."""
    support: int
    """Gold rows of this class."""


def score(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> Scores:
    """Macro-F1 and accuracy.

    Raises:
        ValueError: for no rows, unequal lengths, or a label that is not one of `labels`.
    """
    from sklearn.metrics import accuracy_score, f1_score

    truth, guess = _indices(gold, predicted, labels)
    with _unwarned():
        f1 = f1_score(
            truth, guess, labels=sorted({*truth, *guess}), average="macro", zero_division=0
        )
        return Scores(macro_f1=float(f1), accuracy=float(accuracy_score(truth, guess)))


def report(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> dict[str, ClassScores]:
    """Precision, recall, F1 and support of every label, in the order of `labels`."""
    from sklearn.metrics import precision_recall_fscore_support

    truth, guess = _indices(gold, predicted, labels)
    with _unwarned():
        columns = precision_recall_fscore_support(
            truth, guess, labels=range(len(labels)), average=None, zero_division=0
        )
    return {
        label: ClassScores(float(precision), float(recall), float(f1), int(support))
        for label, precision, recall, f1, support in zip(labels, *columns, strict=True)
    }


def confusion(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> list[list[int]]:
    """Counts: a line per gold label, a column per predicted one, both in the order of `labels`."""
    from sklearn.metrics import confusion_matrix

    truth, guess = _indices(gold, predicted, labels)
    with _unwarned():
        counts = confusion_matrix(truth, guess, labels=range(len(labels)))
    return [[int(count) for count in line] for line in counts]


def _indices(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> tuple[list[int], list[int]]:
    if not gold or len(gold) != len(predicted):
        raise ValueError(f"expected as many predictions as gold rows, {len(predicted)}/{len(gold)}")
    index = {label: i for i, label in enumerate(labels)}
    strangers = {*gold, *predicted} - index.keys()
    if strangers:
        raise ValueError(f"not in labels: {sorted(strangers)}")
    return [index[label] for label in gold], [index[label] for label in predicted]


@contextmanager
def _unwarned() -> Iterator[None]:
    """Scikit-learn takes many classes on few rows for a regression; 77 classes are our business."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes")
        yield
