"""Embeddings of length one, so that inner products are cosines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors


def unit_vectors(vectors: Vectors) -> Vectors:
    """Each embedding over its length, float32 [rows, width]; one of length 0 stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
