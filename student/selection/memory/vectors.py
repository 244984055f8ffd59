"""Rows as numbers: directions without lengths, classes without names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evokd.tasks.example import Example


def unit(vectors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same directions at length 1; a vector of 0 stays. [rows, width], dtype kept."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: npt.NDArray[Any] = vectors / np.maximum(lengths, np.finfo(vectors.dtype).tiny)
    return found


def numbered(rows: Sequence[Example], stratum: Callable[[str], str]) -> npt.NDArray[np.intp]:
    """A number for each row's class, int [rows]; classes count in the order of their names."""
    classes = [stratum(row.label) for row in rows]
    place = {name: at for at, name in enumerate(sorted({*classes}))}
    return np.array([place[one] for one in classes], dtype=np.intp)
