"""Where classes stand: their centroids, and how far these moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors

Classes = Sequence[Sequence[str]]
"""The classes of each row: one, several (entity types, heads), or none."""
Centroids = dict[str, npt.NDArray[np.float64]]
"""Class → the mean of its rows, [width]."""


def centroids(units: Vectors, classes: Classes) -> Centroids:
    """Of each class that has a row; a row with several classes counts for each once.

    Args:
        units: Embeddings of length one, [rows, width].
        classes: Of the rows, in their order.
    """
    places: dict[str, list[int]] = {}
    for place, names in enumerate(classes):
        for name in dict.fromkeys(names):
            places.setdefault(name, []).append(place)
    return {name: units[own].mean(axis=0, dtype=np.float64) for name, own in places.items()}


def drift(
    before: Mapping[str, npt.NDArray[np.float64]], after: Mapping[str, npt.NDArray[np.float64]]
) -> dict[str, float]:
    """Class → 1 minus the cosine of its centroids, in [0, 2]; of classes that both have.

    A centroid of length 0 has no direction: its class is left out.
    """
    found = {}
    for name, old in before.items():
        new = after.get(name)
        length = 0.0 if new is None else float(np.linalg.norm(old) * np.linalg.norm(new))
        if new is not None and length > 0:
            found[name] = max(0.0, 1 - float(old @ new) / length)
    return found
