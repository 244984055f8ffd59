"""How far classes stand apart: the share of scatter that lies between them, without chance's part.

With few rows a class, centroids lie apart by chance alone: of n rows in C classes drawn at random,
(C − 1) / (n − 1) of the scatter is between classes. ε² (Kelley 1935) takes that off, so that early
rounds can be held against late ones: 1 − (W / (n − C)) / (T / (n − 1)), with W the squared
distances to the own class's centroid and T those to the mean of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from student.representation.centroids import Classes, centroids

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors


def separability(units: Vectors, classes: Classes) -> float | None:
    """At most 1 (each class in one place); about 0 where classes say nothing, or a little below.

    Args:
        units: Embeddings of length one, [rows, width].
        classes: Of the rows, in their order.

    Returns:
        None where rows have not exactly one class each, with fewer than two classes, without a
        second row in any of them, and where all rows stand in one place.
    """
    if any(len(names) != 1 for names in classes):
        return None
    means = centroids(units, classes)
    rows, known = len(units), len(means)
    if known < 2 or rows <= known:
        return None
    exact = units.astype(np.float64)
    own = np.stack([means[name] for (name,) in classes])
    within = float(((exact - own) ** 2).sum())
    total = float(((exact - exact.mean(axis=0)) ** 2).sum())
    if total <= 1e-9:
        return None
    return 1 - (within / (rows - known)) / (total / (rows - 1))
