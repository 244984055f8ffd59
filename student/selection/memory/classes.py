"""Rows as numbers: classes without names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from evokd.tasks.example import Example


def numbered(rows: Sequence[Example], stratum: Callable[[str], str]) -> npt.NDArray[np.intp]:
    """A number for each row's class, int [rows]; classes count in the order of their names."""
    classes = [stratum(row.label) for row in rows]
    place = {name: at for at, name in enumerate(sorted({*classes}))}
    return np.array([place[one] for one in classes], dtype=np.intp)
