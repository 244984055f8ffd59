"""What the measures of a round cost at 256, 2,000 and 10,000 accepted rows of width 384.

    python -m benchmarks.representation
    python -m benchmarks.representation --tiny     # seconds: to see that it runs

Embeddings are given: they are made once a text (`benchmarks/pool.py` has their price). Held against
1,000 train and 1,000 test rows, as `graph/core/representation.py` does; a round has 256 rows of its
own. Each measure is timed alone, then the whole line. Exit code 1 when the line takes over 3 s at
2,000 rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import median

import numpy as np

from evokd.tasks.distinct import distinct, words_of
from student.encoder.embeddings import Vectors
from student.representation.centroids import centroids
from student.representation.measures import TrainedView, WrittenRows, measures
from student.representation.nearness import nearest_cosines
from student.representation.overlap import overlap
from student.representation.self_similarity import self_similarity
from student.representation.separability import separability
from student.representation.vendi import vendi_score
from student.unit import unit_vectors

MOST_SECONDS, AT = 3.0, 2000
WIDTH, CLASSES, ROUND, OTHERS, MAP = 384, 6, 256, 1000, 120
WORDS = tuple(f"{first}{last}" for first in ("ket", "lam", "rad", "nov") for last in range(600))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tiny", action="store_true", help="few rows, one run")
    tiny = parser.parse_args(arguments).tiny
    passed = True
    for rows in (256, 512) if tiny else (256, AT, 10_000):
        seconds = cost(rows, 1 if tiny else 3)
        whole = seconds.pop("the line")
        passed &= rows != AT or whole <= MOST_SECONDS
        parts = ", ".join(f"{name} {1000 * one:.0f}" for name, one in seconds.items())
        print(f"{rows:6,} rows: {whole:.2f} s (alone, ms: {parts})", flush=True)
    return 0 if passed else 1


def cost(rows: int, runs: int) -> dict[str, float]:
    """Measure → median seconds."""
    rng = np.random.default_rng(rows)
    written, test, real = (drawn(rng, n) for n in (rows, OTHERS, OTHERS))
    draw = Random(rows)
    texts = [" ".join(draw.choices(WORDS, k=20)) for _ in range(rows)]
    classes = [(f"class {draw.randrange(CLASSES)}",) for _ in range(rows)]
    few = written[:MAP], classes[:MAP]
    line = WrittenRows(texts, classes, written, min(ROUND, rows))
    view = TrainedView(*few, *few, few[0])
    timed: dict[str, Callable[[], object]] = {
        "distinct-n": lambda: [distinct([words_of(text) for text in texts], n) for n in (1, 2)],
        "Vendi": lambda: vendi_score(written),
        "self-similarity": lambda: self_similarity(written),
        "nearest test row": lambda: nearest_cosines(written, test),
        "overlap": lambda: overlap(written, real),
        "centroids": lambda: centroids(written, classes),
        "separability": lambda: separability(written, classes),
        "the line": lambda: measures(line, test, real, view),
    }
    return {name: median(seconds_of(work) for _ in range(runs)) for name, work in timed.items()}


def drawn(rng: np.random.Generator, rows: int) -> Vectors:
    """Unit vectors around a few centres, as texts of a few classes are."""
    centres = rng.normal(size=(CLASSES, WIDTH))
    places = centres[rng.integers(CLASSES, size=rows)] + rng.normal(size=(rows, WIDTH))
    return unit_vectors(places.astype(np.float32))


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
