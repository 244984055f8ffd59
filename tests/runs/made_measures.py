"""The key `representation` of a round, made up."""

from __future__ import annotations

from typing import Any


def measured(rows: int, vendi: float = 9.5, **changes: Any) -> dict[str, Any]:
    """As `student.representation.measures` gives it; `changes` override its keys."""
    variety = {
        "vendi": vendi, "distinct_1": 0.5, "distinct_2": 0.9, "self_similarity": 0.3,
        "test_nearest": {"mean": 0.4, "q95": 0.6, "max": 0.7},
    }  # fmt: skip
    return {
        "rows": rows,
        **variety,
        "separability": 0.2,
        "drift": 0.01,
        "class_drift": {"positive": 0.01},
        "real": {"rows": 30, "precision": 0.9, "recall": 0.25, "coverage": 0.6},
        "round": {"rows": 8, **variety, "vendi": 5.5},
        "student": {
            "rows": rows, "test_rows": 12, "separability": 0.8, "test_separability": -0.05,
            "test_drift": 0.02,
        },
    } | changes  # fmt: skip
