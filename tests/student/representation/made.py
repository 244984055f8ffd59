"""Embeddings for tests: unit vectors, some of them clustered as real ones are."""

from __future__ import annotations

import numpy as np

from student.encoder.embeddings import Vectors
from student.unit import unit_vectors


def drawn(rows: int, width: int = 8, seed: int = 0, centres: int = 3) -> Vectors:
    """So many unit vectors around a few centres."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(centres, width))
    spots = middle[rng.integers(centres, size=rows)] + rng.normal(scale=0.4, size=(rows, width))
    return unit_vectors(spots.astype(np.float32))


def plane(*degrees: float) -> Vectors:
    """Unit vectors in the plane, by their angle."""
    angles = np.radians(np.asarray(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
