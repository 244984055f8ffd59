"""Cases for `test_confident_learning.py`, and what cleanlab 2.9.0 answers to them, as numbers.

pip install --target DIR --no-deps cleanlab==2.9.0 termcolor
PYTHONPATH=.:DIR python -m tests.student.selection.cleanlab_cases
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_name("cleanlab_2_9.json")
SEEDS = (1, 2, 3, 4)
"""Without a share of exactly one half, which may be rounded either way."""
FILTERS = {
    "confident": "confident_learning",
    "class": "prune_by_class",
    "noise_rate": "prune_by_noise_rate",
    "both": "both",
}


def case(seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Labels of which about a fifth are wrong, and probabilities to three digits."""
    rng = np.random.default_rng(seed)
    classes, n = int(rng.integers(2, 6)), int(rng.integers(25, 60))
    true = rng.integers(0, classes, n)
    p = rng.dirichlet(np.ones(classes) * 0.6, n)
    p[np.arange(n), true] += 2 * rng.random(n)
    labels = np.where(rng.random(n) < 0.25, rng.integers(0, classes, n), true)
    labels[:classes] = range(classes)
    return labels, np.round(p / p.sum(axis=1, keepdims=True), 3)


def answers(labels: Any, p: Any) -> dict[str, Any]:
    """What cleanlab says: thresholds, confident joint, places of suspects by filter."""
    from cleanlab.count import (  # type: ignore[import-not-found]
        compute_confident_joint,
        get_confident_thresholds,
    )
    from cleanlab.filter import find_label_issues  # type: ignore[import-not-found]

    found = {
        ours: np.flatnonzero(find_label_issues(labels, p, filter_by=theirs, n_jobs=1)).tolist()
        for ours, theirs in FILTERS.items()
    }
    return {
        "thresholds": get_confident_thresholds(labels, p).tolist(),
        "joint": compute_confident_joint(labels, p).tolist(),
        "suspects": found,
    }


if __name__ == "__main__":
    made = []
    for seed in SEEDS:
        labels, p = case(seed)
        made.append({"labels": labels.tolist(), "p": p.tolist(), **answers(labels, p)})
    lines = ",\n".join(json.dumps(one) for one in made)
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
