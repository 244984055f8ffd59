"""Vectors of length one, so that inner products are cosines."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", np.float32, np.float64)


def unit_vectors(vectors: npt.NDArray[Real]) -> npt.NDArray[Real]:
    """Each row over its length, [rows, width], its type kept; a row of length 0 stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    least = np.finfo(vectors.dtype).tiny
    found: npt.NDArray[Real] = vectors / np.maximum(lengths, least)
    return found
