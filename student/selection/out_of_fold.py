"""Probabilities of each row by a student that never trained on it.

    said = out_of_fold(config, labels, rows, trusted, folds=5, seed=1)

The rows are dealt into folds, each class evenly; for each fold a student is trained from base on
the trusted rows and the other folds, by the recipe of `student.update: retrain`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from evokd.config import StudentConfig, TaskKind
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.encoder.predictor import Probabilities
from student.encoder.training_plan import run_plan, training_plan

APART = -1
"""Fold of a row that is never held back."""
Judge = Callable[[Sequence[Example], Sequence[str]], Probabilities]
"""Rows to learn from, texts to judge → their probabilities, float32 [texts, labels]."""


def out_of_fold(
    config: StudentConfig,
    labels: Sequence[str],
    rows: Sequence[Example],
    trusted: Sequence[Example],
    *,
    folds: int,
    seed: int,
    kind: TaskKind = "classification",
) -> Probabilities:
    """Train a student for each fold and ask it about the fold.

    Args:
        config: How the students train; epochs or steps are those of a retrained student.
        labels: All classes; their order is that of the probabilities.
        rows: To be judged.
        trusted: Rows that every student learns and none judges: the seed shots.
        folds: At most; see `deal`.
        seed: Of folds, heads, order and dropout.
        kind: Of the task; one with one distribution a text.

    Returns:
        float32 [rows, labels]; a row of NaN where a row can't be judged, see `deal`.
    """
    dealt = deal([row.label for row in rows], [row.label for row in trusted], folds, seed)
    if not any(fold != APART for fold in dealt):
        return np.full((len(rows), len(labels)), np.nan, dtype=np.float32)
    student = Encoder.create(config, labels, seed, kind)
    recipe = config.model_copy(update={"update": "retrain"})

    def judge(others: Sequence[Example], texts: Sequence[str]) -> Probabilities:
        plan = training_plan(recipe, seed_rows=trusted, batch=(), history=others, due=1)
        run_plan(plan, student, seed=seed)
        return student.probabilities(texts)

    return cross_judged(rows, dealt, len(labels), judge)


def deal(labels: Sequence[str], trusted: Sequence[str], folds: int, seed: int) -> list[int]:
    """The fold of each row: each class evenly, as many folds as asked for or as there are rows.

    A row stays `APART` where no other row, trusted or not, has its label: a student that is to
    judge it would never have heard of the class. So do all where fewer than two could be judged.
    """
    known = Counter([*labels, *trusted])
    places = [at for at, label in enumerate(labels) if known[label] > 1]
    found = [APART] * len(labels)
    folds = min(folds, len(places))
    if folds < 2:
        return found
    rng = Random(seed)
    rng.shuffle(places)
    places.sort(key=lambda at: labels[at])  # stable: at random within each class
    for number, at in enumerate(places):  # the deal goes on from class to class: even folds
        found[at] = number % folds
    return found


def cross_judged(
    rows: Sequence[Example], dealt: Sequence[int], labels: int, judge: Judge
) -> Probabilities:
    """Each fold judged by what the others and the rows apart teach, float32 [rows, labels]."""
    found = np.full((len(rows), labels), np.nan, dtype=np.float32)
    for fold in sorted({*dealt} - {APART}):
        held = [at for at, own in enumerate(dealt) if own == fold]
        others = [row for row, own in zip(rows, dealt, strict=True) if own != fold]
        found[held] = judge(others, [rows[at].text for at in held])
    return found
