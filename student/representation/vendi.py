"""The Vendi score: how many different rows there are, where likeness is a cosine.

Friedman and Dieng 2022 (arXiv 2210.02410), Definition 3.1: exp of the Shannon entropy of the
eigenvalues of K / n. For cosines K = X Xᵀ, and X Xᵀ / n and Xᵀ X / n have the same eigenvalues
but for zeros, which add nothing: the smaller of the two is decomposed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors


def vendi_score(units: Vectors) -> float | None:
    """From 1 (all rows alike) to n (all at right angles).

    Args:
        units: Embeddings of length one, [rows, width].

    Returns:
        None without rows, or where every embedding is zero.
    """
    rows, width = units.shape
    if not rows:
        return None
    exact = units.astype(np.float64)
    gram = exact @ exact.T if rows <= width else exact.T @ exact
    found = np.linalg.eigvalsh(gram)
    found = found[found > 0]
    if not len(found):
        return None
    shares = found / found.sum()  # of unit vectors the sum is n, but for rounding
    return float(np.exp(-(shares * np.log(shares)).sum()))
