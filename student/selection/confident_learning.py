"""Confident learning (Northcutt, Jiang & Chuang 2021, arXiv 1911.00068): which labels are wrong?

    found = suspects(labels, probabilities)          # probabilities: out of fold

From probabilities of students that never trained on the row (`student.selection.out_of_fold`):

1. the threshold of a class is the mean probability of it over the rows that are labelled so;
2. a row is confidently of a class that it reaches the threshold of; of several, of the class that
   is the most probable of all;
3. the confident joint counts rows by label and by the class they are confidently of. Scaled so that
   each label keeps its number of rows, it estimates how many labels of each kind are wrong.

Suspects are the rows beside its diagonal (`confident`), or as many as it says: for each label
those of lowest own probability (`class`), for each pair those of largest margin (`noise_rate`), or
what both of these find (`both`). A row whose label is the most probable one is none in any case.

What cleanlab 2.9 finds with `find_label_issues` under the filters `confident_learning`,
`prune_by_class`, `prune_by_noise_rate` and `both`; a test holds the two against each other. They
part only where a share of rows is a half to the last bit, and may be rounded either way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evokd.config import Prune

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EQUAL = 1e-6
"""Probabilities nearer to each other than this are equal: they come from single precision."""
NOBODY = -1
"""A row that is confidently of no class."""


@dataclass(frozen=True)
class Suspects:
    """What confident learning makes of each row."""

    suspect: Bools
    """[n] Whether its label is doubtful."""
    likelier: Ints
    """[n] The class it is confidently of, where that is another; else the most probable other."""
    thresholds: Floats
    """[classes] Mean probability of a class over the rows labelled so; infinite where none is."""


def suspects(labels: Ints, probabilities: Floats, prune: Prune = "confident") -> Suspects:
    """Doubt the labels of rows.

    Args:
        labels: Class of each row as it is labelled, int [n].
        probabilities: By a student that never saw the row, float [n, classes].
        prune: Which rows; see the module's docstring.

    Raises:
        ValueError: shapes that don't fit, probabilities that are no numbers.
    """
    labels, probabilities = _checked(labels, probabilities)
    limits = thresholds(labels, probabilities)
    guesses = confident_classes(probabilities, limits)
    if prune == "confident":
        chosen = (guesses != NOBODY) & (guesses != labels)
    else:
        joint = confident_joint(labels, guesses, probabilities.shape[1])
        counts = at_least_one_right(calibrated(joint, labels))
        by_class = _lowest_by_class(labels, probabilities, counts)
        by_rate = _widest_by_pair(labels, probabilities, counts)
        chosen = {"class": by_class, "noise_rate": by_rate, "both": by_class & by_rate}[prune]
    return Suspects(
        chosen & ~_label_leads(labels, probabilities),
        _likelier(labels, probabilities, guesses),
        limits,
    )


def thresholds(labels: Ints, probabilities: Floats) -> Floats:
    """Mean probability of each class over the rows labelled so, float [classes]."""
    found = [
        probabilities[labels == k, k].mean() if (labels == k).any() else np.inf
        for k in range(probabilities.shape[1])
    ]
    return np.array(found, dtype=np.float64)


def confident_classes(probabilities: Floats, limits: Floats) -> Ints:
    """The class that each row is confidently of, int [n]; `NOBODY` where it reaches none."""
    reached = probabilities >= limits - EQUAL
    only, many = reached.argmax(axis=1), probabilities.argmax(axis=1)
    found = np.where(reached.sum(axis=1) > 1, many, only)
    return np.where(reached.any(axis=1), found, NOBODY).astype(np.int64)


def confident_joint(labels: Ints, guesses: Ints, classes: int) -> Ints:
    """Rows by label (first axis) and by the class they are confidently of, int [classes, classes].

    The diagonal is at least 1, as if each class had a row that is right.
    """
    joint = np.zeros((classes, classes), dtype=np.int64)
    sure = guesses != NOBODY
    np.add.at(joint, (labels[sure], guesses[sure]), 1)
    np.fill_diagonal(joint, joint.diagonal().clip(min=1))
    return joint


def calibrated(joint: Ints, labels: Ints) -> Ints:
    """The joint for all rows: each label has as many as there are, the confident ones' shares."""
    rows = np.bincount(labels, minlength=len(joint))
    shares = joint / joint.sum(axis=1, keepdims=True) * rows[:, None]
    return _rounded(shares)


def at_least_one_right(joint: Ints) -> Ints:
    """Each class keeps a row that is right; what that takes goes off the wrong ones evenly."""
    counts = joint.astype(np.float64)
    lacking = (1 - counts.diagonal()).clip(min=0)
    others = (np.count_nonzero(counts, axis=1) - 1).clip(min=1)
    fewer = (counts - (lacking / others)[:, None]).clip(min=0)
    np.fill_diagonal(fewer, counts.diagonal().clip(min=1))
    return _rounded(np.floor(fewer).T).T


def _lowest_by_class(labels: Ints, probabilities: Floats, counts: Ints) -> Bools:
    """Of each label as many rows as are wrong, those of the lowest own probability."""
    found = np.zeros(len(labels), dtype=bool)
    for k in range(probabilities.shape[1]):
        own = np.flatnonzero(labels == k)
        wrong = len(own) - counts[k, k]
        if len(own) > 1 and wrong > 0:
            found[own[np.argsort(probabilities[own, k], kind="stable")[:wrong]]] = True
    return found


def _widest_by_pair(labels: Ints, probabilities: Floats, counts: Ints) -> Bools:
    """Of each label and other class as many rows as the joint says, those of the widest margin."""
    found = np.zeros(len(labels), dtype=bool)
    classes = probabilities.shape[1]
    for k, other in ((k, j) for k in range(classes) for j in range(classes) if j != k):
        own = np.flatnonzero(labels == k)
        if len(own) > 1 and counts[k, other] > 0:
            margin = probabilities[own, k] - probabilities[own, other]
            found[own[np.argsort(margin, kind="stable")[: counts[k, other]]]] = True
    return found


def _label_leads(labels: Ints, probabilities: Floats) -> Bools:
    """Whether no other class is more probable than the label, float noise aside."""
    raised = probabilities.astype(np.float64)
    raised[np.arange(len(labels)), labels] += EQUAL
    leads: Bools = raised.argmax(axis=1) == labels
    return leads


def _likelier(labels: Ints, probabilities: Floats, guesses: Ints) -> Ints:
    others = probabilities.astype(np.float64)
    others[np.arange(len(labels)), labels] = -1.0
    elsewhere = (guesses != NOBODY) & (guesses != labels)
    return np.where(elsewhere, guesses, others.argmax(axis=1)).astype(np.int64)


def _rounded(shares: Floats) -> Ints:
    """Whole numbers with the same sum in each row: those most rounded off give way."""
    found = np.round(shares)
    for row, whole in zip(shares, found, strict=True):
        while (missing := round(float(np.round(row.sum()) - whole.sum()))) != 0:
            step = 1 if missing > 0 else -1
            by_remainder = np.argsort(row - whole)[::-step]
            whole[by_remainder[: abs(missing)]] += step
    return found.astype(np.int64)


def _checked(labels: Ints, probabilities: Floats) -> tuple[Ints, Floats]:
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise ValueError(
            f"labels {labels.shape} and probabilities {probabilities.shape}: expected [n] and"
            " [n, classes]"
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < probabilities.shape[1]:
        raise ValueError(f"labels must be places among {probabilities.shape[1]} classes")
    if not np.isfinite(probabilities).all():
        raise ValueError("probabilities must be numbers: leave out rows that have none")
    return labels, probabilities
