"""All measures of a round, as its line in metrics.jsonl has them under `representation`.

Pure, and a dead end on purpose: what comes out is written down. Test rows are looked at here, so
no selection, no prompt and no stopping rule may ask this package (pyproject, import-linter).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evokd.tasks.distinct import distinct, words_of
from student.representation.centroids import Centroids, Classes, centroids, drift
from student.representation.nearness import nearest_cosines, nearness
from student.representation.overlap import overlap
from student.representation.self_similarity import self_similarity
from student.representation.separability import separability
from student.representation.vendi import vendi_score

if TYPE_CHECKING:
    from student.encoder.embeddings import Vectors

PLACES = 4
"""Digits behind the point: embeddings differ by about 1e-6 with the texts that stand beside."""


@dataclass(frozen=True)
class WrittenRows:
    """The accepted rows so far, those of this round last."""

    texts: Sequence[str]
    classes: Classes
    units: Vectors
    """Embeddings by the untrained base encoder, of length one, [rows, width]."""
    fresh: int
    """Rows of this round."""


@dataclass(frozen=True)
class TrainedView:
    """Where the student of this round puts a sample of the written and of the test rows."""

    written: Vectors
    """Embeddings of length one, [rows, width]."""
    written_classes: Classes
    test: Vectors
    test_classes: Classes
    test_before: Vectors
    """The same test rows by the untrained base encoder."""


def measures(
    rows: WrittenRows, test: Vectors, real: Vectors | None, trained: TrainedView | None
) -> dict[str, Any]:
    """The measures, null where there is nothing to measure.

    Args:
        rows: What was written.
        test: Base embeddings of the test rows, of length one: for the gauge alone.
        real: Likewise of train rows that nobody was shown; None where there are none.
        trained: None where the student's own embeddings can't be had.
    """
    first = len(rows.texts) - rows.fresh
    words = [words_of(text) for text in rows.texts]
    near = nearest_cosines(rows.units, test)
    moved = drift(
        centroids(rows.units[:first], rows.classes[:first]), centroids(rows.units, rows.classes)
    )
    found = overlap(rows.units, real) if real is not None else None
    return {
        "rows": len(rows.texts),
        **_variety(words, rows.units, near),
        "separability": _rounded(separability(rows.units, rows.classes)),
        "drift": _rounded(_mean(moved)),
        "class_drift": {name: _rounded(value) for name, value in moved.items()},
        "real": None
        if real is None
        else {"rows": len(real), **_fields(found, ("precision", "recall", "coverage"))},
        "round": {
            "rows": rows.fresh,
            **_variety(words[first:], rows.units[first:], near[first:]),
        },
        "student": None if trained is None else _trained(trained),
    }


def _variety(words: Sequence[Sequence[str]], units: Vectors, near: Vectors) -> dict[str, Any]:
    """What is said of all rows, and of the round's own."""
    return {
        "vendi": _rounded(vendi_score(units)),
        "distinct_1": _rounded(distinct(words, 1)),
        "distinct_2": _rounded(distinct(words, 2)),
        "self_similarity": _rounded(self_similarity(units)),
        "test_nearest": _fields(nearness(near), ("mean", "q95", "max")),
    }


def _trained(view: TrainedView) -> dict[str, Any]:
    before: Centroids = centroids(view.test_before, view.test_classes)
    moved = drift(before, centroids(view.test, view.test_classes))
    return {
        "rows": len(view.written),
        "test_rows": len(view.test),
        "separability": _rounded(separability(view.written, view.written_classes)),
        "test_separability": _rounded(separability(view.test, view.test_classes)),
        "test_drift": _rounded(_mean(moved)),
    }


def _fields(found: Any, names: Sequence[str]) -> dict[str, float | None]:
    return {name: _rounded(getattr(found, name, None)) for name in names}


def _mean(values: Mapping[str, float]) -> float | None:
    return sum(values.values()) / len(values) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, PLACES)
