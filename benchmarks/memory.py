"""What valuing rows costs: KNN-Shapley on given embeddings, TracIn against the bare forward pass.

    python -m benchmarks.memory
    python -m benchmarks.memory --tiny     # seconds: to see that it runs

KNN-Shapley: 10,000 rows against 1,000 gold ones, 384 wide, six classes; seconds, and the ratio to
its floor, which is the product of the two matrices and one sort of each gold row's line. TracIn:
5,000 rows of about 15 tokens, 100 of them gold, embedded MiniLM; `score` whole (tokenising,
sorting, padding, hooks, products) against the network's forward pass on the same padded batches,
made beforehand. Runs alternate, so that what else the machine does hits both; the ratio is taken
pair by pair. Exit code 1 when KNN-Shapley takes over 5 s, or TracIn over 1.3 of the bare pass.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import median
from typing import NamedTuple

import numpy as np
import torch

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.encoder.encoder import Encoder
from student.encoder.predictor import PREDICT_ROWS
from student.runtime import compute_threads
from student.selection.memory import MEMORIES
from student.selection.memory.encoder_view import EncoderView
from student.selection.memory.knn_shapley import knn_shapley

MOST_SECONDS, MOST_RATIO = 5.0, 1.3
CLASSES, WIDTH = 6, 384
WORDS = ("who", "what", "the", "kettle", "broke", "again", "in", "1932", "capital", "of", "river")


class Pair(NamedTuple):
    """Medians over runs."""

    seconds: float
    floor: float
    """Seconds, too."""
    ratio: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tiny", action="store_true", help="few rows, one run")
    tiny = parser.parse_args(arguments).tiny
    shapley = shapley_race(*((1000, 100, 1) if tiny else (10_000, 1000, 5)))
    tracin = tracin_race(*((128, 1) if tiny else (5000, 5)))
    print(
        f"KNN-Shapley: {shapley.seconds:.2f} s (at most {MOST_SECONDS:.0f});"
        f" product and sort alone {shapley.floor:.2f} s, ratio {shapley.ratio:.2f}"
    )
    print(
        f"TracIn: {tracin.seconds:.2f} s; bare forward pass {tracin.floor:.2f} s,"
        f" ratio {tracin.ratio:.2f} (at most {MOST_RATIO})"
    )
    return int(shapley.seconds > MOST_SECONDS or tracin.ratio > MOST_RATIO)


def shapley_race(count: int, gold_count: int, runs: int) -> Pair:
    rng = np.random.default_rng(1)
    rows, gold = (rng.normal(size=(n, WIDTH)).astype(np.float32) for n in (count, gold_count))
    own, theirs = (rng.integers(CLASSES, size=n) for n in (count, gold_count))

    def floor() -> None:
        for start in range(0, gold_count, 64):
            np.argsort(gold[start : start + 64] @ rows.T, axis=1, kind="stable")

    return race(lambda: knn_shapley(rows, own, gold, theirs), floor, runs)


def tracin_race(count: int, runs: int) -> Pair:
    rows = invent(count)
    gold, others = rows[: count // 50], rows[count // 50 :]
    encoder = Encoder.create(StudentConfig(), ("one", "two"), 0)
    memory = MEMORIES["tracin"](gold=gold)
    memory.observe(1, (), EncoderView(encoder))
    batches = padded_batches(encoder, rows)
    bare(encoder, batches[:2])  # the first passes pay for allocations
    return race(lambda: memory.score(others, gold), lambda: bare(encoder, batches), runs)


def race(one: Callable[[], object], floor: Callable[[], object], runs: int) -> Pair:
    times = [(seconds(one), seconds(floor)) for _ in range(runs)]
    ours, theirs = zip(*times, strict=True)
    return Pair(median(ours), median(theirs), median(a / b for a, b in times))


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def padded_batches(encoder: Encoder, rows: Sequence[Example]) -> list[dict[str, torch.Tensor]]:
    encoded = encoder.encode(rows)
    order = sorted(range(len(rows)), key=lambda at: encoded.lengths[at])
    parts = [order[at : at + PREDICT_ROWS] for at in range(0, len(order), PREDICT_ROWS)]
    return [encoder.head.inputs(encoded, part, encoder.pad_id, encoder.device) for part in parts]


def bare(encoder: Encoder, batches: Sequence[dict[str, torch.Tensor]]) -> None:
    with compute_threads(encoder.config.threads), torch.inference_mode():
        for inputs in batches:
            encoder.network(**inputs)


def invent(count: int) -> list[Example]:
    rng = Random(1)
    texts = [" ".join(rng.choices(WORDS, k=rng.randint(5, 20))) for _ in range(count)]
    return [Example(f"r{at}", text, ("one", "two")[at % 2]) for at, text in enumerate(texts)]


if __name__ == "__main__":
    sys.exit(main())
